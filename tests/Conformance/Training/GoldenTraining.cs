using DiffusionSharp;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using TestKit;

namespace Conformance.Training;

/// <summary>Batches and options of the reference's training, as the 03 goldens recorded them.</summary>
internal static class GoldenTraining
{
    /// <summary>optim, training and model of the case's configuration, for so many updates.</summary>
    public static TrainingOptions Options(GoldenCase golden, int updates)
    {
        var config = golden.Json.GetProperty("config");
        var (optim, model) = (config.GetProperty("optim"), config.GetProperty("model"));
        Assert.False(optim.GetProperty("amsgrad").GetBoolean());
        Assert.True(model.GetProperty("ema").GetBoolean());
        var batch = config.GetProperty("training").GetProperty("batch_size").GetInt32();
        return new()
        {
            BatchSize = batch,
            LearningRate = optim.GetProperty("lr").GetDouble(),
            Optimizer = Enum.Parse<OptimizerKind>(optim.GetProperty("optimizer").GetString()!),
            Beta1 = optim.GetProperty("beta1").GetDouble(),
            AdamEpsilon = optim.GetProperty("eps").GetDouble(),
            WeightDecay = optim.GetProperty("weight_decay").GetDouble(),
            GradientClip = optim.GetProperty("grad_clip").GetDouble(),
            Reduction = LossReduction.Sum,
            TimestepSampling = TimestepSampling.Antithetic,
            EmaDecays = [model.GetProperty("ema_rate").GetDouble()],
            EmaWarmup = false,
            TotalImages = batch * updates,
        };
    }

    /// <summary>x_t, target and weights of recorded x0, t and ε.</summary>
    public static TrainingBatch Batch(GoldenCase golden, NoiseSchedule schedule, string suffix = "")
    {
        var objective = new DiffusionObjective(schedule);
        var dimensions = golden.Shape("x0" + suffix);
        var shape = new ImageShape(dimensions[1], dimensions[2], dimensions[3]);
        var batch = new TrainingBatch(dimensions[0], shape);
        float[] x0 = golden.Floats("x0" + suffix), epsilon = golden.Floats("e" + suffix);
        golden.Doubles("t" + suffix).CopyTo(batch.Timesteps.AsSpan());
        for (var i = 0; i < batch.Count; i++)
        {
            var image = (i * shape.Elements)..((i + 1) * shape.Elements);
            objective.Noise((int)batch.Timesteps[i], x0.AsSpan(image), epsilon.AsSpan(image), batch.Xt.AsSpan(image), batch.Target.AsSpan(image));
            batch.LossWeights[i] = (float)objective.LossWeight((int)batch.Timesteps[i]);
        }

        return batch;
    }
}
