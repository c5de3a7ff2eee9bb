using System.Diagnostics;
using DiffusionSharp.Bench.Eager;
using DiffusionSharp.Bench.Ratios;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Bench.Training;

/// <summary>Eager libtorch.</summary>
internal sealed class EagerContender(Subject subject, TrainingOptions options) : ITrainingContender
{
    private readonly EagerStep network = new(subject.Config, options, subject.Weights);

    public TrainingUpdate Update(TrainingBatch batch, long step)
    {
        var start = Stopwatch.GetTimestamp();
        var (loss, norm) = network.Run(batch);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var (forward, backward, optimizer) = network.Seconds;
        return new(loss, norm, seconds, new(forward, backward, null, null, optimizer));
    }

    public void Dispose() => network.Dispose();
}
