using Conformance.Networks;
using DiffusionSharp;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace Conformance.Engines;

/// <summary>A network with its own weights at sizes that it was not made for, on every engine, against float64.</summary>
public class AnySizeTests
{
    private static readonly (int Height, int Width)[] Sizes = [(4, 4), (8, 16), (16, 8), (12, 20), (4, 28)];

    public static TheoryData<string> Families => ["CIFAR-10's, narrow", "wide and flat", "classes, scale and shift, heads", "lucidrains'", "lucidrains', full attention first"];

    [Theory]
    [MemberData(nameof(Families))]
    public void It_computes_what_float64_says(string family)
    {
        Engines.Require();
        var config = SmallUNets.All[family];
        var own = SmallUNets.Case(family, images: 1);
        foreach (var (height, width) in Sizes.Select(s => config is UNetConfig { Levels: 4 } ? (2 * s.Height, 2 * s.Width) : s))
        {
            var graph = config.At(height, width).Build();
            Assert.Equal(new ImageShape(own.Graph.InputShape.Channels, height, width), graph.InputShape);
            Assert.Equal(own.Graph.Parameters, graph.Parameters);
            var sized = new NetworkCase(graph, seed: 5, count: 1) { Weights = own.Weights };
            foreach (var (name, engine) in Engines.Usable)
            {
                Relative.AssertWithin(Engines.Rounding, sized.Predict(engine), sized.Reference(), $"{name}, {height}×{width}");
            }
        }
    }

    [Theory]
    [InlineData("CIFAR-10's, narrow", 20, 41, "the nearest that is: 24×40")]
    [InlineData("lucidrains'", 1, 12, "the nearest that is: 2×12")]
    public void What_the_levels_do_not_divide_is_refused_with_the_nearest(string family, int height, int width, string says)
    {
        var e = Assert.Throws<DiffusionException>(() => SmallUNets.All[family].At(height, width).Build());
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.Contains(says, e.Message);
    }
}
