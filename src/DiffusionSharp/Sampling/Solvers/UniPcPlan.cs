using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>
/// UniPC, multistep (Zhao et al. 2023): the predictor UniP-p goes on from the x0 (or ε) of p levels, and the corrector UniC-p takes in that of
/// the level it reached, which the next step needs anyway: no call of its own. The two differ only in the coefficients of the x0, so the correction
/// of one step and the prediction of the next are one step of the plan.
/// </summary>
public static class UniPcPlan
{
    /// <summary>S calls.</summary>
    /// <param name="levels">The levels to visit.</param>
    /// <param name="options">Order and variant; null for the defaults.</param>
    /// <exception cref="DiffusionException">The order is out of range, or ε-prediction starts where ᾱ = 0.</exception>
    public static SamplingPlan Create(NoiseLevels levels, UniPcOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(levels);
        options ??= new UniPcOptions();
        if (options.Order is < 1 or > 3)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"UniPC order {options.Order}: it must lie in [1, 3]");
        }

        var steps = new SamplingStep[levels.Count];
        for (var k = 0; k < steps.Length; k++)
        {
            steps[k] = Step(levels, k, options);
        }

        var name = $"UniPC order={options.Order}{(options.B1 ? " B1" : "")}{(options.OfEpsilon ? " of epsilon" : "")}";
        return new SamplingPlan(name, levels.T, options.PredictionType, options.X0Treatment, steps) { Notes = levels.Notes };
    }

    // DDIM's step, with d_0 (this call's x0 or ε), d_1, … of the levels k, k-1, … weighted in.
    private static SamplingStep Step(NoiseLevels levels, int k, UniPcOptions options)
    {
        double from = levels[k].AlphaBar, to = levels.AlphaBar(k + 1);
        var coefficients = new double[Math.Min(k, options.Order) + 1];

        // Step k-1 went from level k-1 by the predictor; the correction is what the corrector would have done instead, carried on to level k+1.
        if (k > 0 && options.Uncorrected?.Contains(k - 1) != true)
        {
            var carried = Math.Sqrt(options.OfEpsilon ? to / from : (1 - to) / (1 - from));
            AddTerms(coefficients, carried, levels, k - 1, corrects: true, options);
            AddTerms(coefficients.AsSpan(1), -carried, levels, k - 1, corrects: false, options);
        }

        AddTerms(coefficients, 1, levels, k, corrects: false, options);
        var prediction = Prediction.At(levels[k], options.PredictionType, options.X0Treatment);
        var step = options.OfEpsilon
            ? prediction.KeepEpsilon(prediction.Step(to, x: 0, x0: Math.Sqrt(to), epsilon: Math.Sqrt(1 - to) + coefficients[0]))
            : prediction.Step(to, x: 0, x0: Math.Sqrt(to) + coefficients[0], epsilon: Math.Sqrt(1 - to)) with { KeptX0 = 1 };
        return step with { History = k == 0 ? null : ValueList.Create<double>(coefficients.AsSpan(1)) };
    }

    // The last term of equation 3, √ᾱ·B(h)·Σ ρ_j·(d_j-d_s)/r_j (for ε with √(1-ᾱ) and -h), of the step from level s to s+1, as coefficients of the d.
    // The corrector knows d of level s+1 (r = 1): coefficients[0] is that one's there, and d_s's in the predictor.
    private static void AddTerms(Span<double> coefficients, double scale, NoiseLevels levels, int s, bool corrects, UniPcOptions options)
    {
        var end = levels.AlphaBar(s + 1);
        var h = levels.Lambda(s + 1) - levels.Lambda(s);
        var p = h is 0 or double.PositiveInfinity ? 1
            : Math.Min(options.LowersFinalOrder ? Math.Min(options.Order, levels.Count - s) : options.Order, s + 1);
        if (p == 1 && !corrects)
        {
            return;
        }

        double[] r = [.. Enumerable.Range(1, p - 1).Select(j => (levels.Lambda(s - j) - levels.Lambda(s)) / h), .. corrects ? [1.0] : Array.Empty<double>()];
        h = options.OfEpsilon ? -h : h;
        var b = options.B1 ? h : ExponentialStep.Psi(1, h);
        var rho = Coefficients(r, h, b);
        scale *= b * Math.Sqrt(options.OfEpsilon ? 1 - end : end);
        var at = corrects ? 1 : 0;
        for (var j = 0; j < r.Length; j++)
        {
            var coefficient = scale * rho[j] / r[j];
            coefficients[corrects && j == r.Length - 1 ? 0 : at + 1 + j] += coefficient;
            coefficients[at] -= coefficient;
        }
    }

    // ρ of R·ρ·B(h) = φ(h) (equation 5): row i is Σ ρ_j·r_j^(i-1) = i!·ψ_{i+1}(h)/B(h), i = 1, 2, …. A single ρ is 1/2, whatever h is.
    private static double[] Coefficients(double[] r, double h, double b)
    {
        if (r.Length == 1)
        {
            return [0.5];
        }

        var rho = new double[r.Length];
        for (var (i, factorial) = (1, 1); i <= r.Length; i++)
        {
            factorial *= i;
            rho[i - 1] = factorial * ExponentialStep.Psi(i + 1, h) / b;
        }

        Vandermonde.Solve(r, rho);
        return rho;
    }
}
