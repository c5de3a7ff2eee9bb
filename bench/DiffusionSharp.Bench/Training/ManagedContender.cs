using System.Diagnostics;
using DiffusionSharp.Bench.Ratios;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Bench.Training;

/// <summary>The managed engine.</summary>
internal sealed class ManagedContender(Subject subject, TrainingOptions options) : ITrainingContender
{
    private readonly CpuTrainingNetwork network = (CpuTrainingNetwork)CpuTraining.Engine.Create(subject.Graph, options, p => subject.Weights[p.Name]);

    public TrainingUpdate Update(TrainingBatch batch, long step)
    {
        var clock = new double[network.Steps.Count];
        network.Clock = clock;
        var start = Stopwatch.GetTimestamp();
        var result = network.Update(batch, step, options.LearningRate);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new(result.Loss, result.GradientNorm, seconds, TrainingPhases.FromSteps(network.Steps, clock, seconds));
    }

    /// <summary>The seconds of each step, the mean of some updates, the longest first.</summary>
    public IReadOnlyList<(string Step, double Seconds)> Steps(TrainingBatch batch, int updates)
    {
        network.Clock = new double[network.Steps.Count];
        for (var i = 0; i < updates; i++)
        {
            network.Update(batch, i, options.LearningRate);
        }

        return [.. network.Steps.Zip(network.Clock, (name, s) => (name, s / updates)).OrderByDescending(s => s.Item2)];
    }

    public void Dispose() => network.Dispose();
}
