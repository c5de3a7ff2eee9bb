using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>
/// Multistep DPM-Solver (Lu et al. 2022a, equation 3.4) and DPM-Solver++ (Lu et al. 2022b, proposition 4.1 and algorithm 2), with its SDE
/// variant: between two levels d (x0 or ε) is extrapolated in λ from the calls so far, and the rest of the ODE is solved exactly.
/// </summary>
public static class DpmSolverPlan
{
    // Chains shorter than this end with lower orders.
    private const int FewLevels = 15;

    /// <summary>One step per level; the last goes to the levels' final ᾱ.</summary>
    /// <param name="levels">The levels to visit.</param>
    /// <param name="options">Order, form, prediction type and x0 treatment; null for DPM-Solver++ 2M of a network that predicts ε.</param>
    /// <returns>A plan with exactly <c>levels.Count</c> network calls.</returns>
    /// <exception cref="DiffusionException">The options contradict each other, or ε-prediction starts where ᾱ = 0.</exception>
    public static SamplingPlan Create(NoiseLevels levels, DpmSolverOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(levels);
        options ??= new DpmSolverOptions();
        options.Check();
        var steps = new SamplingStep[levels.Count];
        for (var k = 0; k < steps.Length; k++)
        {
            var step = new DpmSolverStep(levels, k, k + 1, options);
            var coefficients = Coefficients(levels, k, Order(levels, k, options), step.Exact, options.Heun);
            steps[k] = step.Call(k, step.Exact.Decay, coefficients[0]) with
            {
                History = coefficients.Length == 1 ? null : ValueList.Create<double>([.. coefficients[1..].Select(w => step.Exact.Scale * w)]),
            };
        }

        return new SamplingPlan(options.Name("M"), levels.T, options.PredictionType, options.X0Treatment, steps) { Notes = levels.Notes };
    }

    private static int Order(NoiseLevels levels, int k, DpmSolverOptions options)
    {
        var order = levels.AlphaBar(k + 1) == 1 ? 1 : Math.Min(options.Order, k + 1);
        return options.LowersFinalOrder && levels.Count < FewLevels ? Math.Min(order, levels.Count - k) : order;
    }

    // The coefficients of d now and 1, 2 calls ago. D1 is the slope of d per h. D2 is its second divided difference times h², as published:
    // half of the second derivative that the expansion has, which keeps 3M at second order.
    private static double[] Coefficients(NoiseLevels levels, int k, int order, ExponentialStep exact, bool heun)
    {
        double psi1 = exact.Psi(1), psi2 = exact.Psi(2);
        if (order == 1)
        {
            return [psi1];
        }

        double h = H(levels, k), h1 = H(levels, k - 1);
        if (order == 2)
        {
            // D1 = (d - d1)·h/h1; algorithm 2 has r = h1/h.
            var slope = (heun ? psi2 : psi1 / 2) * h / h1;
            return [psi1 + slope, -slope];
        }

        // With A = (d - d1)·h/h1 and B = (d1 - d2)·h/h2: D1 = A + (A - B)·h1/(h1+h2), the slope at this level, and D2 = (A - B)·h/(h1+h2).
        var h2 = H(levels, k - 2);
        var bend = ((psi2 * h1) + (exact.Psi(3) * h)) / (h1 + h2);
        double a = (psi2 + bend) * h / h1, b = -bend * h / h2;
        return [psi1 + a, b - a, -b];
    }

    private static double H(NoiseLevels levels, int k) => levels.Lambda(k + 1) - levels.Lambda(k);
}
