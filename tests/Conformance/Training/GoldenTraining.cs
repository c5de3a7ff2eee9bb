using DiffusionSharp;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training;
using TestKit;

namespace Conformance.Training;

/// <summary>Batches and options of the reference's training, as the 03 goldens recorded them.</summary>
internal static class GoldenTraining
{
    /// <summary>optim and training of the goldens' configuration; all of them use the same numbers.</summary>
    public static TrainingOptions Options => new()
    {
        BatchSize = 4,
        LearningRate = 2e-4,
        Optimizer = OptimizerKind.Adam,
        GradientClip = 1,
        Reduction = LossReduction.Sum,
        TimestepSampling = TimestepSampling.Antithetic,
        EmaDecays = [0.9999],
        EmaWarmup = false,
        TotalImages = 12,
    };

    /// <summary>x_t, target and weights of recorded x0, t and ε.</summary>
    public static TrainingBatch Batch(GoldenCase golden, string suffix = "")
    {
        var objective = new DiffusionObjective(NoiseSchedule.Linear());
        var dimensions = golden.Shape("x0" + suffix);
        var shape = new ImageShape(dimensions[1], dimensions[2], dimensions[3]);
        var batch = new TrainingBatch(dimensions[0], shape);
        float[] x0 = golden.Floats("x0" + suffix), epsilon = golden.Floats("e" + suffix);
        golden.Doubles("t" + suffix).CopyTo(batch.Timesteps.AsSpan());
        for (var i = 0; i < batch.Count; i++)
        {
            var image = (i * shape.Elements)..((i + 1) * shape.Elements);
            objective.Noise((int)batch.Timesteps[i], x0.AsSpan(image), epsilon.AsSpan(image), batch.Xt.AsSpan(image), batch.Target.AsSpan(image));
            batch.Weights[i] = (float)objective.Weight((int)batch.Timesteps[i]);
        }

        return batch;
    }
}
