using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Bench.Ratios;

/// <summary>The network and the data that both sides get.</summary>
internal sealed class Subject
{
    public Subject(UNetConfig config)
    {
        Config = config;
        Graph = UNet.Build(config);
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

    public UNetConfig Config { get; }

    public NetworkGraph Graph { get; }

    public OrderedDictionary<string, HostTensor> Weights { get; }

    /// <summary>Batches as training makes them, of <c>builtin:shapes</c>.</summary>
    public TrainingBatch Batch(int count) =>
        new BatchMaker(new ShapesSource(Config.Height), new DiffusionObjective(NoiseSchedule.Linear()), TimestepSampling.Uniform, count, seed: 3).Make(0, 0);
}
