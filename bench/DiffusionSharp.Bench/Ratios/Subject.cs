using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Bench.Ratios;

/// <summary>The network and the data that both sides get.</summary>
internal sealed class Subject
{
    private readonly NetworkConfig network;

    public Subject(NetworkConfig config)
    {
        network = config;
        Graph = config.Build();
        Weights = Initializer.Create(Graph, seed: 1);

        // A new network's last convolutions are zero, so any network at all would return the same. Fill them.
        foreach (var (p, stream) in Graph.Parameters.Select((p, k) => (p, k)).Where(x => x.p.Initialization == Initialization.Zero))
        {
            var data = Weights[p.Name].Data;
            CounterNoise.Gaussian(2, stream, data.AsSpan());
            for (var i = 0; i < data.Length; i++)
            {
                data[i] *= 0.02f;
            }
        }
    }

    /// <summary>The network that eager libtorch has, too.</summary>
    public UNetConfig Config => (UNetConfig)network;

    public NetworkGraph Graph { get; }

    public OrderedDictionary<string, HostTensor> Weights { get; }

    /// <summary>Batches as training makes them, of <c>builtin:shapes</c>.</summary>
    public TrainingBatch Batch(int count) =>
        new BatchMaker(new ShapesSource(network.InputShape.Height), new DiffusionObjective(NoiseSchedule.Linear()), TimestepSampling.Uniform, count, seed: 3).Make(0, 0);
}
