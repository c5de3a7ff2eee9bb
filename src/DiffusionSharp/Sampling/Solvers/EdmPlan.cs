using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>
/// Euler's and Heun's method on the ODE in EDM's form (Karras et al. 2022, algorithms 1 and 2), dx̄ = ε dσ with x̄ = x/√ᾱ: their
/// x̄ is our x but for √ᾱ, and x_T is N(0, I) as ever. Euler without churn is DDIM at η = 0, step for step; Euler-ancestral is DDIM at the same η.
/// </summary>
public static class EdmPlan
{
    /// <summary>One call a step, first order.</summary>
    /// <param name="levels">The levels to visit.</param>
    /// <param name="options">Prediction type and x0 treatment.</param>
    /// <param name="churn">Noise added back before each step; null for none.</param>
    /// <exception cref="DiffusionException">ε-prediction starts where ᾱ = 0.</exception>
    public static SamplingPlan Euler(NoiseLevels levels, SolverOptions options, Churn? churn = null) => Create("Euler", levels, options, churn, heun: false);

    /// <summary>Two calls a step but for the last, which is Euler's: 2S-1 calls, second order.</summary>
    /// <inheritdoc cref="Euler"/>
    public static SamplingPlan Heun(NoiseLevels levels, SolverOptions options, Churn? churn = null) => Create("Heun", levels, options, churn, heun: true);

    private static SamplingPlan Create(string name, NoiseLevels levels, SolverOptions options, Churn? churn, bool heun)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(options);
        var steps = new List<SamplingStep>();
        for (var k = 0; k < levels.Count; k++)
        {
            var level = levels[k];
            if (churn?.Raised(level, levels.Count) is { } raised)
            {
                steps.Add(churn.Step(level, raised));
                level = raised;
            }

            steps.Add(EpsilonStep.Multistep(level, levels.AlphaBar(k + 1), [], options));
            if (heun && k + 1 < levels.Count)
            {
                steps.Add(EpsilonStep.Trapezoid(level, levels[k + 1], options));
            }
        }

        name = churn is null ? name : $"{name} churn={churn.Amount}";
        return new SamplingPlan(name, levels.T, options.PredictionType, options.X0Treatment, [.. steps]) { Notes = levels.Notes };
    }
}
