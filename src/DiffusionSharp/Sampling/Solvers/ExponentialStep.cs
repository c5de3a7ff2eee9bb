using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>
/// The step from one level to another with its linear part solved exactly, in λ = ln(√ᾱ/√(1-ᾱ)):
/// x' = Decay·x + Scale·(ψ1·D0 + ψ2·D1 + ψ3·D2 + …) + Sigma·z, where d (x0 or ε) along the step is D0 + D1·u + D2·u²/2 + …, u from 0 to 1.
/// </summary>
internal readonly record struct ExponentialStep
{
    // h of the integral ψ: h for x0, -h for ε, (1+η)·h for the SDE.
    private double Exponent { get; init; }

    /// <summary>Coefficient of x.</summary>
    public double Decay { get; private init; }

    /// <summary>Coefficient of the integral over d.</summary>
    public double Scale { get; private init; }

    /// <summary>Coefficient of fresh noise.</summary>
    public double Sigma { get; private init; }

    /// <summary>
    /// d = x0: the ODE for η = 0 (DPM-Solver++, proposition 4.1), the reverse SDE for η = 1 (SDE-DPM-Solver++), and what lies between.
    /// Out of ᾱ = 0 and into ᾱ = 1 h is infinite, and order 1 is as exact as ever.
    /// </summary>
    /// <param name="levels">The levels.</param>
    /// <param name="from">The level of x, in [0, Count).</param>
    /// <param name="to">The level of x', in (from, Count].</param>
    /// <param name="eta">η in [0, 1].</param>
    public static ExponentialStep ForX0(NoiseLevels levels, int from, int to, double eta = 0)
    {
        var h = NoiseLevel.LambdaOf(levels.AlphaBar(to)) - NoiseLevel.LambdaOf(levels.AlphaBar(from));
        var sigmaTo = Math.Sqrt(1 - levels.AlphaBar(to));
        var etaH = eta == 0 ? 0 : eta * h;
        return new()
        {
            Exponent = h + etaH,
            Decay = sigmaTo / Math.Sqrt(1 - levels.AlphaBar(from)) * Math.Exp(-etaH),
            Scale = Math.Sqrt(levels.AlphaBar(to)),
            Sigma = sigmaTo * Math.Sqrt(Psi(1, 2 * etaH)),
        };
    }

    /// <summary>d = ε (DPM-Solver, equation 3.4), from ᾱ above 0 to ᾱ below 1.</summary>
    /// <inheritdoc cref="ForX0"/>
    public static ExponentialStep ForEpsilon(NoiseLevels levels, int from, int to) => new()
    {
        Exponent = levels.Lambda(from) - levels.Lambda(to),
        Decay = Math.Sqrt(levels.AlphaBar(to) / levels.AlphaBar(from)),
        Scale = Math.Sqrt(1 - levels.AlphaBar(to)),
    };

    /// <summary>ψ_k of this step.</summary>
    /// <param name="k">At least 1.</param>
    public double Psi(int k) => Psi(k, Exponent);

    /// <summary>
    /// ψ_k(h) = h·φ_k(-h) = h·∫ e^(-h(1-u))·u^(k-1)/(k-1)! du over [0, 1]: 1-e^(-h), then ψ_k = 1/(k-1)! - ψ_(k-1)/h.
    /// </summary>
    /// <param name="k">At least 1.</param>
    /// <param name="h">Any number, or +∞.</param>
    public static double Psi(int k, double h)
    {
        if (Math.Abs(h) < 1)
        {
            // The recursion cancels here: Σ (-1)^j·h^(j+1)/(j+k)!.
            double sum = 0, term = h / Factorial(k);
            for (var j = k + 1; sum + term != sum; j++)
            {
                sum += term;
                term *= -h / j;
            }

            return sum;
        }

        var psi = 1 - Math.Exp(-h);
        for (var j = 2; j <= k; j++)
        {
            psi = (1 / Factorial(j - 1)) - (psi / h);
        }

        return psi;
    }

    private static double Factorial(int n) => n <= 1 ? 1 : n * Factorial(n - 1);
}
