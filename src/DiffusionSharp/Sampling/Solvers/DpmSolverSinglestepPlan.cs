using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>
/// Singlestep DPM-Solver (Lu et al. 2022a, algorithms 1 and 2, and "fast" with its orders) and DPM-Solver++ (Lu et al. 2022b, algorithm 1):
/// a step of order n starts at one level, calls the network there and at the n-1 levels that follow, and ends at the next. Nothing is
/// carried from one step to another.
/// </summary>
public static class DpmSolverSinglestepPlan
{
    /// <summary>Steps of the order that was asked for over all levels; what is left at the end is a step of lower order.</summary>
    /// <param name="levels">The levels at which the network is called.</param>
    /// <param name="options">Order, form, prediction type and x0 treatment; null for DPM-Solver++ 2S of a network that predicts ε.</param>
    /// <returns>A plan with exactly <c>levels.Count</c> network calls.</returns>
    /// <exception cref="DiffusionException">The options contradict each other, or ε-prediction starts where ᾱ = 0.</exception>
    public static SamplingPlan Create(NoiseLevels levels, DpmSolverOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(levels);
        options ??= new DpmSolverOptions();
        options.Check();
        var steps = new List<SamplingStep>(levels.Count);
        while (steps.Count < levels.Count)
        {
            steps.AddRange(Step(levels, steps.Count, Order(levels, steps.Count, options), options));
        }

        return new SamplingPlan(options.Name("S"), levels.T, options.PredictionType, options.X0Treatment, [.. steps]) { Notes = levels.Notes };
    }

    // "Fast" ends with 2 and 1 where a step of order 3 would be the last; the step out of ᾱ = 0 and that into ᾱ = 1 have order 1.
    private static int Order(NoiseLevels levels, int first, DpmSolverOptions options)
    {
        var left = levels.Count - first;
        var shortens = levels.FinalAlphaBar == 1 || (options.LowersFinalOrder && left == 3);
        return levels.AlphaBar(first) == 0 ? 1 : left > options.Order ? options.Order : left > 1 && shortens ? left - 1 : left;
    }

    private static IEnumerable<SamplingStep> Step(NoiseLevels levels, int first, int order, DpmSolverOptions options)
    {
        for (var i = 0; i < order; i++)
        {
            // From the first level to the one after call i, along the slope between the first call and call i.
            var step = new DpmSolverStep(levels, first, first + i + 1, options);
            double psi1 = step.Exact.Psi(1), decay = step.Exact.Decay;
            if (i == 0)
            {
                yield return step.Call(first, decay, psi1) with { Saves = order > 1 };
                continue;
            }

            var slope = (order == 3 || options.Heun ? step.Exact.Psi(2) : psi1 / 2) * H(levels, first, i + 1) / H(levels, first, i);
            yield return step.Call(first + i, 0, slope) with
            {
                Saved = decay,
                History = [.. new double[i - 1], step.Exact.Scale * (psi1 - slope)],
            };
        }
    }

    private static double H(NoiseLevels levels, int first, int count) => levels.Lambda(first + count) - levels.Lambda(first);
}
