using System.Diagnostics;
using DiffusionSharp.Bench.Ratios;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Bench.Training;

/// <summary>The project's own engine on libtorch.</summary>
internal sealed class TorchContender(Subject subject, TrainingOptions options) : ITrainingContender
{
    private readonly ITrainingNetwork network = TorchTrainingEngine.Engine.Create(subject.Graph, options, p => subject.Weights[p.Name]);

    public TrainingUpdate Update(TrainingBatch batch, long step)
    {
        var start = Stopwatch.GetTimestamp();
        var result = network.Update(batch, step, options.LearningRate);
        return new(result.Loss, result.GradientNorm, Stopwatch.GetElapsedTime(start).TotalSeconds, null);
    }

    public void Dispose() => network.Dispose();
}
