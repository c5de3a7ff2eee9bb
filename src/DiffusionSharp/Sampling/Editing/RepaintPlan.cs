using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Editing;

/// <summary>
/// Inpainting with a network that knows nothing of masks (RePaint, Lugmayr et al. 2022, Algorithm 1) under DDIM steps: after each step what
/// is kept is replaced by the known image at that level, and jumps back up let the painted part agree with it.
/// </summary>
public static class RepaintPlan
{
    /// <summary>DDIM steps that blend along <see cref="JumpSchedule.Walk"/>; each jump up is one step without a call.</summary>
    /// <param name="levels">The levels to visit, S of them.</param>
    /// <param name="options">η (the paper's is 1), prediction type and x0 treatment.</param>
    /// <param name="jumps">Jumps of j levels, each stretch done r times.</param>
    /// <returns>A plan with S + (r-1)·j·(⌈S/j⌉-1) network calls, which ends with what is kept exactly as it is known.</returns>
    /// <exception cref="DiffusionException">A jump is out of range, or ε-prediction starts where ᾱ = 0.</exception>
    public static SamplingPlan Create(NoiseLevels levels, DdimOptions options, JumpSchedule jumps)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(jumps);
        var steps = new List<SamplingStep>();
        var at = 0;
        foreach (var next in jumps.Walk(levels.Count))
        {
            steps.Add(next > at
                ? DdimPlan.Step(levels[at].Timestep, levels[at].AlphaBar, levels.AlphaBar(next), options) with { Blends = true }
                : Renoise.Step(levels.AlphaBar(at), levels.AlphaBar(next)));
            at = next;
        }

        if (levels.FinalAlphaBar < 1)
        {
            // A model that ends at ᾱ_0 calls that the image; what is kept is known without its noise.
            steps.Add(new SamplingStep { AlphaBarFrom = levels.FinalAlphaBar, AlphaBarTo = 1, X = 1, Blends = true });
        }

        IEnumerable<string> notes = jumps.Resamples > 1 && jumps.Length >= levels.Count
            ? [.. levels.Notes, $"a jump of {jumps.Length} levels does not fit into {levels.Count} steps: nothing is done twice; shorten the jump, or take more steps"]
            : levels.Notes;
        return new SamplingPlan(
            $"RePaint, jumps of {jumps.Length}, {jumps.Resamples} times, DDIM eta={options.Eta}", levels.T, options.PredictionType, options.X0Treatment, [.. steps])
        {
            Notes = [.. notes],
        };
    }
}
