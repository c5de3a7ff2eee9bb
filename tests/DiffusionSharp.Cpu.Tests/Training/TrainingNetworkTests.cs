using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>What any engine promises of a network in training.</summary>
public class TrainingNetworkTests
{
    private static readonly TrainingOptions Options = TinyRun.Options with { EmaDecays = [0.9, 0.5], EmaWarmup = false };
    private static readonly NetworkGraph Graph = UNet.Build(TinyRun.Network with { Dropout = 0.1 });

    public TrainingNetworkTests() => TrainedOn.Require();

    [Fact]
    public void An_averaged_network_has_the_weights_of_each_moment()
    {
        using var network = Create();
        var live = network.Averaged(1);
        Assert.Same(live, network.Averaged(1));
        var predictions = new List<float[]>();
        for (var k = 0; k < 3; k++)
        {
            network.Update(Batch(k), k, 1e-2);
            var average = network.ExportAverage(1);
            var copy = TinyRun.Inference(Graph, p => average[p.Name]);
            using var copyEnd = copy;
            predictions.Add(Predict(live));

            // An engine may compute in another order where weights no longer change; other weights are off by hundredths.
            Assert.All(Predict(copy).Zip(predictions[k]), p => Assert.Equal(p.First, p.Second, 1e-5));
            Assert.NotEqual(Predict(network.Averaged(0)), predictions[k]);
        }

        Assert.NotEqual(predictions[0], predictions[1]);
        Assert.NotEqual(predictions[1], predictions[2]);
    }

    [Fact]
    public void What_is_exported_goes_on_bit_for_bit()
    {
        using var straight = Create();
        Update(straight, 0, 2);
        var weights = straight.ExportWeights();
        using var other = TinyRun.Engine.Create(Graph, Options, p => weights[p.Name]);
        other.ImportMoments(straight.ExportMoments(), 2);
        other.ImportAverage(0, straight.ExportAverage(0), 2);
        other.ImportAverage(1, straight.ExportAverage(1), 2);
        Assert.Equal(Update(straight, 2, 4), Update(other, 2, 4));
        Assert.Equal(Everything(straight), Everything(other));
    }

    [Fact]
    public void Exports_have_the_graphs_names_and_shapes()
    {
        using var network = Create();
        string[] names = [.. Graph.Parameters.Select(p => p.Name).Order(StringComparer.Ordinal)];
        Assert.Equal(names, network.ExportWeights().Keys.Order(StringComparer.Ordinal));
        Assert.Equal(names, network.ExportAverage(1).Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            names.SelectMany(n => (string[])[$"exp_avg.{n}", $"exp_avg_sq.{n}"]).Order(StringComparer.Ordinal),
            network.ExportMoments().Keys.Order(StringComparer.Ordinal));
        Assert.All(Graph.Parameters, p => Assert.Equal(p.Shape, network.ExportAverage(0)[p.Name].Shape));
    }

    [Fact]
    public void What_is_another_networks_is_refused_and_changes_nothing()
    {
        using var network = Create();
        Update(network, 0, 1);
        var before = Everything(network);
        var moments = network.ExportMoments().ToDictionary();
        var average = network.ExportAverage(0).ToDictionary();
        foreach (var tensor in moments.Values.Concat(average.Values))
        {
            tensor.Data.AsSpan().Fill(7);
        }

        moments.Remove(moments.Keys.Last());
        average[average.Keys.Last()] = new HostTensor([1, 1], [7]);
        Assert.Equal(ErrorKind.ModelFile, Assert.Throws<DiffusionException>(() => network.ImportMoments(moments, 1)).Kind);
        Assert.Equal(ErrorKind.ModelFile, Assert.Throws<DiffusionException>(() => network.ImportAverage(0, average, 1)).Kind);
        Assert.Equal(before, Everything(network));
    }

    [Fact]
    public void What_is_not_finite_changes_nothing_and_is_no_fault_of_the_engine()
    {
        using var network = Create();
        Update(network, 0, 1);
        var before = Everything(network);
        var batch = Batch(1);
        batch.Xt[5] = float.NaN;
        Assert.Equal(ErrorKind.NonFinite, Assert.Throws<DiffusionException>(() => network.Update(batch, 1, 1e-3)).Kind);
        Assert.Equal(before, Everything(network));
        Assert.Null(network.Fault());
    }

    private static ITrainingNetwork Create()
    {
        var weights = Initializer.Create(Graph, 4);
        return TinyRun.Engine.Create(Graph, Options, p => weights[p.Name]);
    }

    private static UpdateResult[] Update(ITrainingNetwork network, int from, int to) =>
        [.. Enumerable.Range(from, to - from).Select(k => network.Update(Batch(k), k, 1e-2))];

    private static TrainingBatch Batch(int step) =>
        new BatchMaker(new TinyImages(Graph.InputShape), new DiffusionObjective(NoiseSchedule.Linear()), TimestepSampling.Uniform, Options.BatchSize, 5).Make(step, 4 * step);

    private static float[] Predict(IDenoiser denoiser)
    {
        var x = Enumerable.Range(0, Graph.InputShape.Elements).Select(i => MathF.Sin(i)).ToArray();
        var prediction = new float[x.Length];
        denoiser.Predict(new DenoiserInput { Count = 1, Shape = Graph.InputShape, X = x, Timesteps = [300] }, prediction);
        return prediction;
    }

    private static float[] Everything(ITrainingNetwork network) =>
        [.. new[] { network.ExportWeights(), network.ExportMoments(), network.ExportAverage(0), network.ExportAverage(1) }.SelectMany(e => e.OrderBy(t => t.Key, StringComparer.Ordinal)).SelectMany(t => t.Value.Data)];
}
