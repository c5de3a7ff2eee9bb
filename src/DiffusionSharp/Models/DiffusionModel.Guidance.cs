using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Models;

/// <content>What leads its images to a class, or away from a weaker model.</content>
public sealed partial class DiffusionModel
{
    /// <summary>The network under classifier-free guidance.</summary>
    /// <param name="guidance">W; 1 gives <see cref="Denoiser"/> itself.</param>
    /// <exception cref="DiffusionException">The model has no null class, or W is not finite (<see cref="ErrorKind.Usage"/>).</exception>
    public IDenoiser Guided(double guidance) => Guided(new SampleOptions { Guidance = guidance });

    /// <summary>The network with the guidance that options ask for.</summary>
    /// <param name="options">W, its interval and the weaker model; the rest plays no part. W = 1 gives <see cref="Denoiser"/> itself.</param>
    /// <exception cref="DiffusionException">
    /// The model has no null class and no weaker one was given, or that one does not fit, or W is not finite, or no level lies in the interval (<see cref="ErrorKind.Usage"/>).
    /// </exception>
    public IDenoiser Guided(SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var w = options.Guidance;
        var interval = IntervalOf(options);
        return w == 1 ? Denoiser
            : !double.IsFinite(w) ? throw new DiffusionException(ErrorKind.Usage, FormattableString.Invariant($"guidance {w} must be a finite number"))
            : options.GuideWith is { } weak ? new GuidedDenoiser(Denoiser, Fitting(weak), w) { Interval = interval }
            : NullClass is int none ? new GuidedDenoiser(Denoiser, w, none) { Interval = interval }
            : throw new DiffusionException(
                ErrorKind.Usage,
                FormattableString.Invariant($"guidance {w} needs a model that was trained with dropped labels, and {Name} has no null class: ")
                + "leave guidance at 1, or train one (ddim train takes folders as classes), or lead it away from a weaker model (GuideWith)");
    }

    /// <summary>The levels of this model that options guide; null for all.</summary>
    /// <param name="options">The interval in σ.</param>
    /// <exception cref="DiffusionException">No level lies in it (<see cref="ErrorKind.Usage"/>).</exception>
    public GuidanceInterval? IntervalOf(SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.GuidanceInterval is var (low, high) ? GuidanceInterval.FromSigmas(Schedule, low, high) : null;
    }

    private IDenoiser Fitting(DiffusionModel weak)
    {
        var what = weak.TrainedShape != TrainedShape ? $"its images are {weak.TrainedShape}, this model's {TrainedShape}"
            : weak.Scheduler.PredictionType != Scheduler.PredictionType ? $"it predicts {weak.Scheduler.PredictionType}, this model {Scheduler.PredictionType}"
            : !weak.Schedule.Equals(Schedule) ? $"its noise schedule is another ({weak.Schedule}; this model's: {Schedule})"
            : weak.TakesLabels && (!TakesLabels || weak.ClassCount != ClassCount)
                ? $"it knows {weak.ClassCount} classes, this model {(TakesLabels ? $"{ClassCount}" : "none")}"
            : weak.Scheduler.PixelTransform != Scheduler.PixelTransform ? "it was trained on pixels in another transform"
            : null;
        return what is null ? weak.At(Shape.Height, Shape.Width).Denoiser : throw new DiffusionException(
            ErrorKind.Usage, $"{weak.Name} cannot guide {Name}: {what}; take a weaker model of the same kind, such as an earlier checkpoint or another average");
    }
}
