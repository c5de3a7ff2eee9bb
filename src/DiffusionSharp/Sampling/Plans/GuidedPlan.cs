using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Plans;

/// <summary>Plans under classifier guidance (Dhariwal and Nichol 2021), made of plans without: how a step uses g, a <see cref="ConditionGradient"/>.</summary>
public static class GuidedPlan
{
    /// <summary>
    /// Their algorithm 2, for every solver: ε' = ε - √(1-ᾱ)·g, the ε of the score ∇ log p(x_t) + g. x0 and v are shifted as that says,
    /// x0' = x0 + (1-ᾱ)/√ᾱ·g and v' = v - √((1-ᾱ)/ᾱ)·g, after x0 was clipped: as <c>condition_score</c> of guided-diffusion does it.
    /// </summary>
    /// <param name="plan">Any plan of sampling.</param>
    /// <exception cref="DiffusionException">It calls the network at ᾱ = 0, where no finite shift is the score's (<see cref="ErrorKind.Configuration"/>).</exception>
    public static SamplingPlan Score(SamplingPlan plan) => With(plan, "classifier guidance of the score", step =>
    {
        var (signal, noise) = (Math.Sqrt(step.AlphaBarFrom), Math.Sqrt(1 - step.AlphaBarFrom));
        return signal > 0
            ? step with
            {
                MFromG = plan.PredictionType switch
                {
                    PredictionType.Epsilon => -noise,
                    PredictionType.Sample => noise * noise / signal,
                    _ => -noise / signal,
                },
                X0FromG = noise * noise / signal,
            }
            : throw new DiffusionException(
                ErrorKind.Configuration,
                FormattableString.Invariant($"classifier guidance: the plan calls the network at alphaBar = 0 (t = {step.Timestep}), where a score shifts x0 infinitely far; ")
                + "take a spacing that leaves the last level out (spacing leading), or name the timesteps");
    });

    /// <summary>
    /// Their algorithm 1, for plans that draw noise: σ²·g is added to the mean of the next x, with σ the step's own or, value by value, the one that the
    /// network predicts; x0 stays: <c>condition_mean</c> of guided-diffusion. A step without noise is not guided.
    /// </summary>
    /// <param name="plan">A plan of sampling.</param>
    /// <exception cref="DiffusionException">No step draws noise (<see cref="ErrorKind.Configuration"/>).</exception>
    public static SamplingPlan Mean(SamplingPlan plan) => With(plan, "classifier guidance of the mean", step => step with { GuidesMean = step.Sigma > 0 }) is { IsGuided: true } made
        ? made
        : throw new DiffusionException(ErrorKind.Configuration, "classifier guidance of the mean moves it by the step's variance, and no step of the plan has any");

    private static SamplingPlan With(SamplingPlan plan, string what, Func<SamplingStep, SamplingStep> guide)
    {
        ArgumentNullException.ThrowIfNull(plan);
        SamplingStep[] steps = [.. plan.Steps.Select(s => s.Timestep is null ? s : guide(s))];
        return new SamplingPlan($"{plan.Name}, {what}", plan.T, plan.PredictionType, plan.X0Treatment, steps, plan.InitialScale)
        {
            Notes = plan.Notes,
            FixedPoint = plan.FixedPoint,
        };
    }
}
