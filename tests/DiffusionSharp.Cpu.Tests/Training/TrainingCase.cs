using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Training;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>A network with weights and the batch of one update.</summary>
internal sealed class TrainingCase
{
    public TrainingCase(NetworkCase network, TrainingOptions? options = null)
    {
        Network = network;
        var (graph, count) = (network.Graph, network.Count);
        Options = (options ?? new TrainingOptions()) with { BatchSize = count, Seed = network.Seed, TotalImages = 1 };
        Batch = new TrainingBatch(count, graph.InputShape);
        network.X.CopyTo(Batch.Xt, 0);
        network.Timesteps.CopyTo(Batch.Timesteps, 0);
        network.Labels.CopyTo(Batch.Labels, 0);
        CounterNoise.Gaussian(network.Seed, -5, Batch.Target.AsSpan());
        var weights = new double[count];
        CounterNoise.Uniform(network.Seed, -6, weights);
        for (var i = 0; i < count; i++)
        {
            Batch.Weights[i] = (float)(0.5 + weights[i]);
        }
    }

    public NetworkCase Network { get; }

    public NetworkGraph Graph => Network.Graph;

    public TrainingOptions Options { get; init; }

    public TrainingBatch Batch { get; }

    public CpuTrainingNetwork Create(int vectorBits = 0) => (CpuTrainingNetwork)CpuTraining.With(vectorBits).Create(Graph, Options, p => Network.Weights[p.Name]);
}
