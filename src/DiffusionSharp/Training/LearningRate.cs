namespace DiffusionSharp.Training;

/// <summary>The learning rate as a pure function of the images seen.</summary>
public static class LearningRate
{
    /// <summary>The rate of the update that ends at <paramref name="images"/> images.</summary>
    /// <param name="options">Rate, warm-up, decay and length.</param>
    /// <param name="images">Images seen, this update's included.</param>
    public static double At(TrainingOptions options, long images)
    {
        ArgumentNullException.ThrowIfNull(options);
        var warmup = options.WarmupImages == 0 ? 1 : Math.Min(1, (double)images / options.WarmupImages);
        if (options.Decay == LearningRateDecay.Constant)
        {
            return options.LearningRate * warmup;
        }

        var span = Math.Max(1, options.TotalImages!.Value - options.WarmupImages);
        var progress = Math.Clamp((double)(images - options.WarmupImages) / span, 0, 1);
        return options.LearningRate * warmup * 0.5 * (1 + Math.Cos(Math.PI * progress));
    }
}
