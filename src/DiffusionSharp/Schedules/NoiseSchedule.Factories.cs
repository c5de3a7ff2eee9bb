namespace DiffusionSharp.Schedules;

public sealed partial class NoiseSchedule
{
    private const double MaxBeta = 0.999;

    /// <summary>The largest T.</summary>
    internal const int MostTimesteps = 1_000_000;

    /// <summary>A schedule by diffusers' name for it, or where it has none by that of its origin.</summary>
    /// <param name="name">That of a <see cref="ScheduleRow"/>.</param>
    /// <param name="T">Number of timesteps, at least 1.</param>
    /// <param name="betaStart">First β, where the schedule has one.</param>
    /// <param name="betaEnd">Last β, where the schedule has one.</param>
    /// <returns>The schedule; null for another name.</returns>
    /// <exception cref="DiffusionException">A β outside (0, 1), or T below 1.</exception>
    public static NoiseSchedule? Named(string name, int T, double betaStart, double betaEnd) =>
        ScheduleRow.All.SingleOrDefault(r => r.Name == name)?.Create(T, betaStart, betaEnd);

    /// <summary>β = linspace(β0, βT, T) (DDPM, section 4).</summary>
    /// <param name="T">Number of timesteps, at least 1.</param>
    /// <param name="betaStart">First β.</param>
    /// <param name="betaEnd">Last β.</param>
    /// <exception cref="DiffusionException">A β outside (0, 1), or T below 1.</exception>
    public static NoiseSchedule Linear(int T = 1000, double betaStart = 1e-4, double betaEnd = 0.02) =>
        new(Linspace(betaStart, betaEnd, T));

    /// <summary>β = linspace(√β0, √βT, T)² (ermongroup <c>quad</c>, diffusers <c>scaled_linear</c>).</summary>
    /// <inheritdoc cref="Linear"/>
    public static NoiseSchedule ScaledLinear(int T = 1000, double betaStart = 1e-4, double betaEnd = 0.02) =>
        new(Map(Linspace(Math.Sqrt(betaStart), Math.Sqrt(betaEnd), T), r => r * r));

    /// <summary>β is the same at every t (ermongroup <c>const</c>).</summary>
    /// <param name="T">Number of timesteps, at least 1.</param>
    /// <param name="beta">The β.</param>
    /// <exception cref="DiffusionException">A β outside (0, 1), or T below 1.</exception>
    public static NoiseSchedule Constant(int T = 1000, double beta = 0.02) => new(Linspace(beta, beta, T));

    /// <summary>β = 1/T, 1/(T-1), …, 1 (Sohl-Dickstein et al. 2015; ermongroup <c>jsd</c>). Its last ᾱ is 0.</summary>
    /// <param name="T">Number of timesteps, at least 1.</param>
    /// <exception cref="DiffusionException">T is below 1.</exception>
    public static NoiseSchedule Jsd(int T = 1000) => new(Map(Linspace(T, 1, T), d => 1 / d));

    /// <summary>β = sigmoid(linspace(-6, 6, T))·(βT-β0)+β0 (ermongroup, diffusers).</summary>
    /// <inheritdoc cref="Linear"/>
    public static NoiseSchedule Sigmoid(int T = 1000, double betaStart = 1e-4, double betaEnd = 0.02) =>
        new(Map(Linspace(-6, 6, T), x => (Logistic(x) * (betaEnd - betaStart)) + betaStart));

    /// <summary>
    /// ᾱ(u) falls as a sigmoid in u = t/T (Jabri et al. 2022; lucidrains, start -3, end 3, temperature 1):
    /// ᾱ(u) = (s(3) - s(6u-3)) / (s(3) - s(-3)), β at most 0.999.
    /// </summary>
    /// <param name="T">Number of timesteps, at least 1.</param>
    /// <exception cref="DiffusionException">T is below 1.</exception>
    public static NoiseSchedule SigmoidLucidrains(int T = 1000)
    {
        const double start = -3, end = 3;
        double low = Logistic(start), high = Logistic(end);
        return FromAlphaBar(T, u => (high - Logistic((u * (end - start)) + start)) / (high - low));
    }

    /// <summary>ᾱ(u) = cos²((u+s)/(1+s)·π/2), s = 0.008, β at most 0.999 (Nichol and Dhariwal 2021, equation 17).</summary>
    /// <param name="T">Number of timesteps, at least 1.</param>
    /// <exception cref="DiffusionException">T is below 1.</exception>
    public static NoiseSchedule Cosine(int T = 1000) => FromAlphaBar(T, u =>
    {
        const double s = 0.008;
        var c = Math.Cos((u + s) / (1 + s) * Math.PI / 2);
        return c * c;
    });

    /// <summary>Linear with both ends multiplied by 1000/T, so that the last ᾱ is about the same for any T (improved-diffusion).</summary>
    /// <param name="T">Number of timesteps, at least 20 with the default ends.</param>
    /// <param name="betaStart">First β at T = 1000.</param>
    /// <param name="betaEnd">Last β at T = 1000.</param>
    /// <exception cref="DiffusionException">A scaled β outside (0, 1): T is too small.</exception>
    public static NoiseSchedule LinearScaledT(int T = 1000, double betaStart = 1e-4, double betaEnd = 0.02)
    {
        var scale = 1000.0 / T;
        return new(Linspace(scale * betaStart, scale * betaEnd, T));
    }

    /// <summary>Any list of β (diffusers' <c>trained_betas</c>).</summary>
    /// <param name="betas">β_0..β_{T-1}, each in (0, 1); only the last may be 1.</param>
    /// <exception cref="DiffusionException">The list is empty or a β is out of range.</exception>
    public static NoiseSchedule FromBetas(ReadOnlySpan<double> betas)
    {
        CheckT(betas.Length);
        return new(betas.ToArray());
    }

    /// <summary>
    /// The same schedule with √ᾱ shifted and scaled so that ᾱ_{T-1} = 0 and √ᾱ_0 is kept (Lin et al. 2023, algorithm 1).
    /// </summary>
    /// <exception cref="DiffusionException">T is 1: there is no level left to keep.</exception>
    public NoiseSchedule WithZeroTerminalSnr()
    {
        if (HasZeroTerminalSnr)
        {
            return this;
        }

        if (T == 1)
        {
            throw Invalid("zero terminal SNR needs at least 2 timesteps, found 1");
        }

        double first = Math.Sqrt(alphaBars[0]), last = Math.Sqrt(alphaBars[^1]);
        var rescaled = new double[T];
        var previous = 1.0;
        for (var t = 0; t < T; t++)
        {
            var root = (Math.Sqrt(alphaBars[t]) - last) * (first / (first - last));
            var alphaBar = root * root;
            rescaled[t] = t == 0 ? betas[0] : 1 - (alphaBar / previous);
            previous = alphaBar;
        }

        return new(rescaled);
    }

    // β_t = min(1 - ᾱ((t+1)/T)/ᾱ(t/T), 0.999)
    private static NoiseSchedule FromAlphaBar(int T, Func<double, double> alphaBar)
    {
        CheckT(T);
        var result = new double[T];
        for (var t = 0; t < T; t++)
        {
            result[t] = Math.Min(1 - (alphaBar((t + 1.0) / T) / alphaBar((double)t / T)), MaxBeta);
        }

        return new(result);
    }

    // numpy.linspace, bit for bit.
    private static double[] Linspace(double start, double end, int count)
    {
        CheckT(count);
        var result = new double[count];
        var step = (end - start) / (count - 1);
        for (var i = 0; i < count; i++)
        {
            result[i] = i == 0 ? start : i == count - 1 ? end : (i * step) + start;
        }

        return result;
    }

    private static double[] Map(double[] values, Func<double, double> f) => Array.ConvertAll(values, v => f(v));

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));

    private static void CheckT(int T)
    {
        if (T is < 1 or > MostTimesteps)
        {
            throw Invalid($"T = {T}: 1 to {MostTimesteps} timesteps are supported");
        }
    }
}
