using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Training;

/// <summary>
/// A model whose predictions take the place of the noise (or x0, or v) that a network is taught. A guided teacher's student does in one call what takes
/// the teacher two (guidance distillation: Meng et al. 2023, section 3.1); of a target without noise it learns far more from an image.
/// </summary>
public sealed class Teacher : IDisposable
{
    // Bounds the teacher's memory. The managed engine's bits do not depend on it.
    private const int MostImages = 16;

    private readonly DiffusionModel model;
    private readonly DiffusionModel? weak;
    private readonly IDenoiser denoiser;

    private Teacher(TeacherConfig config, DiffusionModel model, DiffusionModel? weak)
    {
        (this.model, this.weak) = (model, weak);
        Config = config with { Weights = Hash(model), GuideWithWeights = weak is null ? null : Hash(weak) };
        denoiser = model.Guided(new SampleOptions
        {
            Guidance = config.Guidance,
            GuidanceInterval = config.GuidanceInterval is [var low, var high] ? (low, high) : null,
            GuideWith = weak,
        });
    }

    /// <summary>Which model it is, with the hashes of its weights.</summary>
    public TeacherConfig Config { get; }

    /// <summary>Loads a teacher.</summary>
    /// <param name="config">The model and its guidance; the hashes are found anew.</param>
    /// <param name="engine">Runs its networks.</param>
    /// <exception cref="DiffusionException">A model cannot be read, or the guidance does not fit it.</exception>
    public static Teacher Load(TeacherConfig config, Engine engine)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(engine);
        if (config.Guidance == 1 && (config.GuideWith is not null || config.GuidanceInterval is not null))
        {
            throw new DiffusionException(
                ErrorKind.Usage, "a weaker model and an interval say how the teacher's guidance leads, and that is 1, which leads nowhere: raise it, such as to 1.5, or leave them out");
        }

        var model = DiffusionModel.Load(config.Model, engine);
        DiffusionModel? weak = null;
        try
        {
            weak = config.GuideWith is { } path ? DiffusionModel.Load(path, engine) : null;
            return new Teacher(config, model, weak);
        }
        catch
        {
            weak?.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>An engine whose networks learn of this teacher. It lives as long as they do.</summary>
    /// <param name="engine">What trains them.</param>
    public TrainingEngine Teach(TrainingEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return engine with { Create = (graph, options, weights) => new TaughtNetwork(engine.Create(graph, options, weights), this), Teacher = this };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        weak?.Dispose();
        model.Dispose();
    }

    /// <summary>Why a run cannot learn of it; null where it can.</summary>
    internal string? Misfit(RunConfig config)
    {
        var (scheduler, theirs) = (config.Scheduler, model.Scheduler);
        var classes = config.Network.ClassCount;
        return scheduler.Edm is not null || theirs.Edm is not null ? "a teacher is for networks that predict the noise, x0 or v, and EDM's is preconditioned"
            : model.Network.OutputChannels != model.Shape.Channels || config.Network.Build().OutputShape.Channels != model.Shape.Channels
                ? "a teacher is for networks without a learned variance"
            : config.Training.Augment > 0 ? "a teacher has not learned the augmentation's labels: turn augmentation off"
            : model.Shape != config.Network.InputShape ? $"the teacher's images are {model.Shape}, the network's {config.Network.InputShape}"
            : theirs.PredictionType != scheduler.PredictionType ? $"the teacher predicts {theirs.PredictionType}, the network {scheduler.PredictionType}"
            : !model.Schedule.Equals(scheduler.ToSchedule()) ? $"the teacher's noise schedule is another ({model.Schedule}; the run's: {scheduler.ToSchedule()})"
            : theirs.PixelTransform != scheduler.PixelTransform ? "the teacher was trained on pixels in another transform"
            : model.TakesLabels && model.ClassCount != classes ? $"the teacher knows {model.ClassCount} classes, the network {(classes is null ? "none" : $"{classes}")}"
            : null;
    }

    /// <summary>Puts its predictions in the place of a batch's targets.</summary>
    internal void Answer(TrainingBatch batch)
    {
        var elements = batch.Shape.Elements;
        for (var first = 0; first < batch.Count; first += MostImages)
        {
            var n = Math.Min(MostImages, batch.Count - first);
            var range = (first * elements)..((first + n) * elements);
            var input = new DenoiserInput
            {
                Count = n,
                Shape = batch.Shape,
                X = batch.Xt.AsSpan(range),
                Timesteps = batch.Timesteps.AsSpan(first, n),
                Labels = model.TakesLabels ? batch.Labels.AsSpan(first, n) : [],
            };
            denoiser.Predict(input, batch.Target.AsSpan(range));
        }
    }

    private static string Hash(DiffusionModel model) => Sha256.ComputeFile(model.Source!.WeightsPath);
}
