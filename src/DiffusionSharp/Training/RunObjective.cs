using DiffusionSharp.Data;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Training;

/// <summary>What a run teaches, by its configuration.</summary>
internal sealed class RunObjective
{
    private readonly RunConfig config;
    private readonly DiffusionObjective diffusion;
    private readonly EdmObjective? edm;

    public RunObjective(RunConfig config, NetworkGraph graph)
    {
        var (scheduler, training) = (config.Scheduler, config.Training);
        this.config = config;
        diffusion = new DiffusionObjective(scheduler.ToSchedule(), scheduler.PredictionType, training.MinSnrGamma, RunSetup.VarianceWeight(graph, training));
        edm = scheduler.Edm is { } preconditioning ? new EdmObjective(preconditioning, training.SigmaLogMean, training.SigmaLogDeviation) : null;
    }

    /// <summary>Number of timesteps.</summary>
    public int T => diffusion.T;

    /// <summary>What noises images.</summary>
    public IForwardProcess Noising => (IForwardProcess?)edm ?? diffusion;

    /// <summary>What makes the run's batches.</summary>
    /// <param name="data">The images.</param>
    /// <param name="nullClass">The label that stands for none; null where there is no such label.</param>
    public BatchMaker Batches(IBatchSource data, int? nullClass)
    {
        var (training, transform) = (config.Training, config.Scheduler.PixelTransform);
        var dropping = nullClass is { } none ? new LabelDropout(training.LabelDrop, none) : null;
        var augmentation = training.Augment > 0 ? new Augmentation(data.Shape, training.Seed, training.Augment) : null;
        return edm is null
            ? new BatchMaker(data, diffusion, training.TimestepSampling, training.BatchSize, training.Seed, dropping, transform) { Augmentation = augmentation }
            : new BatchMaker(data, edm, training.BatchSize, training.Seed, dropping, transform) { Augmentation = augmentation };
    }
}
