using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Training;

/// <summary>The learning rate as a pure function of the images seen: the schedules of diffusers' training script, counted in images.</summary>
public static class LearningRateSchedule
{
    /// <summary>
    /// The rate of the update that ends at <paramref name="images"/> images: what diffusers' schedule gives at that place. (diffusers takes the
    /// value of an update's beginning, and so a rate of 0 for the first one of a warm-up.)
    /// </summary>
    /// <param name="options">Rate, warm-up, decay and length.</param>
    /// <param name="images">Images seen, this update's included.</param>
    public static double At(TrainingOptions options, long images)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (images < options.WarmupImages)
        {
            return options.LearningRate * ((double)images / options.WarmupImages);
        }

        if (options.Decay == LearningRateDecay.Constant)
        {
            return options.LearningRate;
        }

        var span = Math.Max(1, options.TotalImages!.Value - options.WarmupImages);
        var progress = Math.Clamp((double)(images - options.WarmupImages) / span, 0, 1);
        return options.Decay switch
        {
            LearningRateDecay.Linear => options.LearningRate * (1 - progress),
            LearningRateDecay.Cosine => options.LearningRate * HalfCosine(progress),
            LearningRateDecay.CosineWithRestarts => progress == 1 ? 0 : options.LearningRate * HalfCosine(progress * options.DecayCycles % 1),
            LearningRateDecay.Polynomial => options.FinalLearningRate + ((options.LearningRate - options.FinalLearningRate) * Math.Pow(1 - progress, options.DecayPower)),
            _ => throw new InvalidOperationException($"decay {options.Decay}"),
        };
    }

    private static double HalfCosine(double progress) => 0.5 * (1 + Math.Cos(Math.PI * progress));
}
