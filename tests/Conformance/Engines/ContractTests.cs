using Conformance.Networks;
using DiffusionSharp;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace Conformance.Engines;

/// <summary>What every engine does alike besides computing: what it refuses and how, cancellation, disposal.</summary>
public class ContractTests
{
    private const string Labelled = "classes, scale and shift, heads";
    private const string Plain = "6×6 and 3×3";

    public static TheoryData<string> Names => Engines.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_image_has_its_own_timestep_and_label(string engine)
    {
        var one = SmallUNets.Case(Labelled, images: 1);
        var many = new NetworkCase(one.Graph, seed: 1, count: 6)
        {
            X = [.. Enumerable.Repeat(one.X, 6).SelectMany(x => x)],
            Timesteps = [0, 10.5, 999, 0, 0, 10.5],
            Labels = [0, 0, 0, 3, 1, 0],
        };
        var (prediction, size) = (many.Predict(Engines.Get(engine)), one.Graph.OutputShape.Elements);
        Relative.AssertWithin(2e-5, prediction, many.Reference(), engine);
        float[][] images = [.. prediction.Chunk(size)];
        for (var i = 1; i < 5; i++)
        {
            Assert.True(images[i].Zip(images[0], (a, b) => Math.Abs(a - b)).Max() > 1e-2, $"image {i} is as image 0, of another timestep or label");
        }

        Assert.Equal(images[1], images[5]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_does_not_fit_the_network_is_a_usage_error(string engine)
    {
        var fine = SmallUNets.Case(Labelled, images: 2);
        var denoiser = fine.On(Engines.Get(engine));
        using var disposed = denoiser;
        AssertRefused("12×8", new(3, 8, 12), 2, fine.X, fine.Timesteps, fine.Labels);
        AssertRefused("label", fine.Graph.InputShape, 2, fine.X, fine.Timesteps, []);
        AssertRefused("label", fine.Graph.InputShape, 2, fine.X, fine.Timesteps, [0]);
        AssertRefused("label", fine.Graph.InputShape, 2, fine.X, fine.Timesteps, [0, 1, 2]);
        AssertRefused("label 4", fine.Graph.InputShape, 2, fine.X, fine.Timesteps, [0, 4]);
        AssertRefused("label -1", fine.Graph.InputShape, 2, fine.X, fine.Timesteps, [-1, 0]);
        AssertRefused("timesteps", fine.Graph.InputShape, 2, fine.X, [1], fine.Labels);
        AssertRefused("images", fine.Graph.InputShape, 1, fine.X, [1], [1]);
        AssertRefused("images", fine.Graph.InputShape, 0, [], [], [], room: 0);
        AssertRefused("room", fine.Graph.InputShape, 2, fine.X, fine.Timesteps, fine.Labels, room: fine.Graph.OutputShape.Elements);
        Relative.AssertWithin(2e-5, fine.Predict(denoiser), fine.Reference(), engine);

        void AssertRefused(string says, ImageShape shape, int count, float[] x, double[] t, int[] labels, int? room = null)
        {
            var e = Assert.Throws<DiffusionException>(() => denoiser.Predict(
                new DenoiserInput { Count = count, Shape = shape, X = x, Timesteps = t, Labels = labels }, new float[room ?? 2 * fine.Graph.OutputShape.Elements]));
            Assert.Equal(ErrorKind.Usage, e.Kind);
            Assert.Contains(says, e.Message);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_network_without_classes_ignores_labels(string engine)
    {
        var plain = SmallUNets.Case(Plain, images: 2);
        var labelled = new NetworkCase(plain.Graph, plain.Seed, 2) { Labels = [700, -3] };
        Assert.Equal(plain.Predict(Engines.Get(engine)), labelled.Predict(Engines.Get(engine)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Weights_are_asked_for_once_and_those_of_another_shape_are_refused_by_name(string engine)
    {
        var network = SmallUNets.Case(Plain, images: 1);
        var asked = new List<ParameterSpec>();
        using (Engines.Get(engine)(network.Graph, p => Note(p)))
        {
            Assert.Equal(network.Graph.Parameters.OrderBy(p => p.Name, StringComparer.Ordinal), asked.OrderBy(p => p.Name, StringComparer.Ordinal));
        }

        foreach (var wrong in network.Graph.Parameters.Where(p => p.Name.Contains("mid_block", StringComparison.Ordinal)))
        {
            int[] shape = [.. wrong.Shape.Skip(1), wrong.Shape[0] + 1];
            var e = Assert.Throws<DiffusionException>(() => Engines.Get(engine)(
                network.Graph, p => p == wrong ? new HostTensor(shape, new float[shape.Aggregate(1, (a, b) => a * b)]) : network.Weights[p.Name]));
            Assert.Equal(ErrorKind.ModelFile, e.Kind);
            Assert.Contains(wrong.Name, e.Message);
        }

        HostTensor Note(ParameterSpec p)
        {
            asked.Add(p);
            return network.Weights[p.Name];
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_cancelled_call_throws_and_the_next_one_is_right(string engine)
    {
        var network = SmallUNets.Case(Plain, images: 2);
        var denoiser = network.On(Engines.Get(engine));
        using var disposed = denoiser;
        var room = new float[2 * network.Graph.OutputShape.Elements];
        Assert.Throws<OperationCanceledException>(() => denoiser.Predict(
            new DenoiserInput
            {
                Count = 2,
                Shape = network.Graph.InputShape,
                X = network.X,
                Timesteps = network.Timesteps,
                CancellationToken = new CancellationToken(canceled: true),
            },
            room));
        Relative.AssertWithin(2e-5, network.Predict(denoiser), network.Reference(), engine);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_disposed_network_says_so(string engine)
    {
        var network = SmallUNets.Case(Plain, images: 1);
        var denoiser = network.On(Engines.Get(engine));
        network.Predict(denoiser);
        var disposable = Assert.IsType<IDisposable>(denoiser, exactMatch: false);
        disposable.Dispose();
        disposable.Dispose();
        Assert.ThrowsAny<InvalidOperationException>(() => network.Predict(denoiser));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_network_knows_the_channels_it_predicts(string engine)
    {
        var network = SmallUNets.Case("wide and flat", images: 1);
        var denoiser = network.On(Engines.Get(engine));
        using var disposed = denoiser;
        Assert.Equal(4, denoiser.OutputChannels);
    }
}
