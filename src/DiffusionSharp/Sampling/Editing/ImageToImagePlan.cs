using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Editing;

/// <summary>
/// Image-to-image (SDEdit, Meng et al. 2022): an image is noised to a level on the way, and sampled from there. Coarse structure that the
/// noise does not drown stays; the rest is the network's.
/// </summary>
public static class ImageToImagePlan
{
    /// <summary>
    /// One step without a call, from the clean image up to the first level that is left, then the plan of those levels. The initial x of
    /// the sampler is the image. With no step left the plan is one that changes nothing.
    /// </summary>
    /// <param name="levels">The levels of the whole run.</param>
    /// <param name="strength">The part of the steps that is done, in [0, 1], see <see cref="Steps"/>. At 1 the image still shines through by √ᾱ of the first level.</param>
    /// <param name="plan">Makes the plan of the levels that are left, by any solver.</param>
    /// <returns>A plan with the network calls of that plan, or none.</returns>
    /// <exception cref="DiffusionException">The strength is outside [0, 1].</exception>
    public static SamplingPlan Create(NoiseLevels levels, double strength, Func<NoiseLevels, SamplingPlan> plan)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(plan);
        var count = Steps(levels.Count, strength);
        var left = count == 0 ? levels : levels.Last(count);
        var rest = plan(left);
        var start = Renoise.Step(1, left[0].AlphaBar);
        SamplingStep[] steps = count == 0
            ? [Renoise.Step(1, 1)]
            : [start with { X = rest.InitialScale * start.X, Sigma = rest.InitialScale * start.Sigma }, .. rest.Steps];
        return new SamplingPlan($"image-to-image, {count} of {levels.Count} steps, {rest.Name}", levels.T, rest.PredictionType, rest.X0Treatment, steps)
        {
            FixedPoint = rest.FixedPoint,
            Notes = count == 0
                ? [FormattableString.Invariant($"strength {strength} is none of {levels.Count} steps: the images come back as they are")]
                : rest.Notes,
        };
    }

    /// <summary>
    /// How many of S steps are done: the largest n with n/S ≤ strength. That is ⌊S·strength⌋, kept from losing a step to rounding (100
    /// steps at 0.29 are 29, where the product in floating point is 28.999…).
    /// </summary>
    /// <param name="steps">S.</param>
    /// <param name="strength">In [0, 1].</param>
    /// <exception cref="DiffusionException">The strength is outside [0, 1].</exception>
    public static int Steps(int steps, double strength)
    {
        if (strength is not (>= 0 and <= 1))
        {
            throw new DiffusionException(
                ErrorKind.Usage, FormattableString.Invariant($"strength: found {strength}; give a number in [0, 1]: 0 returns the image, 1 does all steps"));
        }

        var nearest = (int)Math.Round(steps * strength);
        return nearest / (double)steps <= strength ? nearest : nearest - 1;
    }
}
