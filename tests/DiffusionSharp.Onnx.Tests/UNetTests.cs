using CsCheck;
using DiffusionSharp.Networks;
using DiffusionSharp.Onnx.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Onnx.Tests;

/// <summary>Whole networks in ONNX Runtime against float64.</summary>
public sealed class UNetTests
{
    public static TheoryData<int> Opsets => [.. Enumerable.Range(OnnxOptions.LeastOpset, OnnxOptions.MostOpset - OnnxOptions.LeastOpset + 1)];

    public static TheoryData<string> Networks => [.. SmallUNets.All.Keys];

    [Fact]
    public void Random_graphs() => RandomGraph.Cases.Sample(network => OnnxRuntime.AssertAgrees(network), iter: 60, threads: 1);

    [Fact]
    public void Random_UNets() => RandomUNet.Cases.Sample(network => OnnxRuntime.AssertAgrees(network), iter: 40, threads: 1);

    [Fact]
    public void Random_UNets_of_lucidrains() => RandomLucidrainsUNet.Cases.Sample(network => OnnxRuntime.AssertAgrees(network), iter: 20, threads: 1);

    [Theory]
    [MemberData(nameof(Networks))]
    public void One_file_takes_any_number_of_images(string name)
    {
        var three = SmallUNets.Case(name, images: 3);
        var denoiser = three.On(OnnxRuntime.With(new OnnxOptions()));
        using var disposed = denoiser;
        foreach (var images in (int[][])[[0, 1, 2], [1], [2, 0]])
        {
            var some = three.Pick(images);
            Conformance.Networks.Relative.AssertWithin(2e-5, some.Predict(denoiser), some.Reference(), $"{images.Length} images");
        }
    }

    [Theory]
    [MemberData(nameof(Opsets))]
    public void Every_opset_gives_the_same_numbers(int opset)
    {
        var options = new OnnxOptions { Opset = opset };
        string[] networks = ["classes, scale and shift, heads", "wide and flat", "one pixel", "lucidrains'", "lucidrains', full attention first"];
        Assert.All(networks, name => OnnxRuntime.AssertAgrees(SmallUNets.Case(name, images: 2), options: options));
    }

    [Theory]
    [InlineData(12)]
    [InlineData(24)]
    [InlineData(-1)]
    public void Other_opsets_are_refused(int opset)
    {
        var e = Assert.Throws<DiffusionException>(() => new OnnxOptions { Opset = opset });
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains("from 13 to 23", e.Message);
    }

    [Fact]
    public void Timesteps_keep_every_digit()
    {
        // sin(t) and cos(t) alone in the image: float32 would lose the sixth digit of t.
        var g = new GraphBuilder(new(2, 1, 1));
        g.AddPerChannel("add", g.Affine("zero", g.X(), 0), g.TimestepEmbedding("time", g.Timestep(), 2, false, 0));
        const double t = 998.123456789;
        var both = new NetworkCase(g.Build(), seed: 1, count: 1) { Timesteps = [t] }.Predict(OnnxRuntime.With(new OnnxOptions()));
        Assert.Equal(Math.Sin(t), both[0], 1e-7);
        Assert.Equal(Math.Cos(t), both[1], 1e-7);
    }
}
