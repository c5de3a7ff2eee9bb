using System.Runtime.InteropServices;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>60 updates give the same weights, moments and averages to the bit, however they are computed and wherever they are interrupted.</summary>
public class DeterminismTests
{
    private const int Updates = 60;
    private const int Batch = 16;

    private static readonly NetworkGraph Graph = UNet.Build(new UNetConfig
    {
        Height = 8,
        Width = 8,
        BlockOutChannels = [8, 16],
        LayersPerBlock = 1,
        NormNumGroups = 4,
        DownBlockTypes = ["DownBlock2D", "AttnDownBlock2D"],
        UpBlockTypes = ["AttnUpBlock2D", "UpBlock2D"],
        Dropout = 0.1,
        NumClassEmbeds = 3,
    });

    private static readonly TrainingOptions Options = new() { BatchSize = Batch, TotalImages = 1, Seed = 7, LearningRate = 1e-3, EmaDecays = [0.9999, 0.9], WeightDecay = 0.01 };

    private static readonly Lazy<string> Expected = new(() => Train(Options with { Threads = 1, MicroBatch = Batch }, 128));

    public static TheoryData<int, int, int> Forms => new(
        from form in new (int Threads, int MicroBatch, int Bits)[]
        {
            (1, 16, 256), (1, 16, 512), (2, 16, 0), (3, 16, 0), (8, 16, 0), (2, 1, 0), (2, 2, 0), (3, 4, 0), (2, 8, 0), (1, 5, 256), (8, 1, 128), (3, 2, 512),
        }
        select (form.Threads, form.MicroBatch, form.Bits));

    [Theory]
    [MemberData(nameof(Forms))]
    public void Threads_vectors_and_micro_batches_change_no_bit(int threads, int microBatch, int bits) =>
        Assert.Equal(Expected.Value, Train(Options with { Threads = threads, MicroBatch = microBatch }, bits));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_run_that_goes_on_from_what_was_saved_gives_the_same_bits(int seed)
    {
        var stop = new Random(seed).Next(1, Updates);
        Assert.Equal(Expected.Value, Train(Options with { Threads = 2, MicroBatch = 1 << seed }, 0, stop));
    }

    [Fact]
    public void Nor_do_they_where_16_bits_are_kept()
    {
        var options = Options with { Activations = ActivationPrecision.BFloat16 };
        var expected = Train(options with { Threads = 1, MicroBatch = Batch }, 128);
        Assert.NotEqual(Expected.Value, expected);
        Assert.All(((int Threads, int MicroBatch, int Bits)[])[(1, 16, 256), (3, 16, 512), (2, 1, 0), (8, 4, 256)], form =>
            Assert.Equal(expected, Train(options with { Threads = form.Threads, MicroBatch = form.MicroBatch }, form.Bits)));
        Assert.Equal(expected, Train(options with { Threads = 2, MicroBatch = 8 }, 0, stopAt: 23));
    }

    [Fact]
    public void A_batch_that_is_no_power_of_two_is_the_same_sum_in_any_parts()
    {
        var options = Options with { BatchSize = 11, Threads = 2 };
        var whole = Train(options with { MicroBatch = 11 }, 0);
        Assert.All((int[])[1, 2, 4, 8], part => Assert.Equal(whole, Train(options with { MicroBatch = part }, 0)));
    }

    private static string Train(TrainingOptions options, int bits, int? stopAt = null)
    {
        var engine = CpuTraining.With(bits);
        var first = Initializer.Create(Graph, options.Seed);
        var network = engine.Create(Graph, options, p => first[p.Name]);
        try
        {
            for (var step = 0; step < Updates; step++)
            {
                if (step == stopAt)
                {
                    network = Resumed(engine, options, network, step);
                }

                network.Update(MakeBatch(options.BatchSize, step), step, options.LearningRate);
            }

            return Hash(network);
        }
        finally
        {
            network.Dispose();
        }
    }

    private static ITrainingNetwork Resumed(TrainingEngine engine, TrainingOptions options, ITrainingNetwork network, long step)
    {
        using (network)
        {
            var weights = network.ExportWeights();
            var resumed = engine.Create(Graph, options, p => weights[p.Name]);
            resumed.ImportMoments(network.ExportMoments(), step);
            for (var k = 0; k < options.EmaDecays.Count; k++)
            {
                resumed.ImportAverage(k, network.ExportAverage(k), step);
            }

            return resumed;
        }
    }

    private static TrainingBatch MakeBatch(int count, int step)
    {
        var batch = new TrainingBatch(count, Graph.InputShape);
        CounterNoise.Gaussian((ulong)step, 1, batch.Xt.AsSpan());
        CounterNoise.Gaussian((ulong)step, 2, batch.Target.AsSpan());
        for (var i = 0; i < count; i++)
        {
            batch.LossWeights[i] = 1 + (0.1f * i);
            batch.Timesteps[i] = ((37 * i) + step) % 1000;
            batch.Labels[i] = (i + step) % 3;
        }

        return batch;
    }

    private static string Hash(ITrainingNetwork network)
    {
        using var bytes = new MemoryStream();
        IReadOnlyDictionary<string, HostTensor>[] parts = [network.ExportWeights(), network.ExportMoments(), network.ExportAverage(0), network.ExportAverage(1)];
        foreach (var tensor in parts.SelectMany(p => p.OrderBy(t => t.Key, StringComparer.Ordinal)))
        {
            Assert.All(tensor.Value.Data, v => Assert.True(float.IsFinite(v)));
            bytes.Write(MemoryMarshal.AsBytes(tensor.Value.Data.AsSpan()));
        }

        bytes.Position = 0;
        return Sha256.Compute(bytes);
    }
}
