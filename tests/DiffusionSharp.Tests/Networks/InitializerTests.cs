using DiffusionSharp.Networks;

namespace DiffusionSharp.Tests.Networks;

public class InitializerTests
{
    private static readonly NetworkGraph Graph = UNet.Build(
        UNetConfig.Ddpm(new ImageShape(3, 16, 16), 32, [1, 2], 1, [8]) with { NumClassEmbeds = 100 });

    [Fact]
    public void It_is_a_function_of_graph_and_seed()
    {
        var (a, b, c) = (Initializer.Create(Graph, 7), Initializer.Create(Graph, 7), Initializer.Create(Graph, 8));
        Assert.Equal(Graph.Parameters.Select(p => p.Name), a.Keys);
        Assert.All(a, p => Assert.Equal(p.Value.Data, b[p.Key].Data));
        Assert.NotEqual(a["conv_in.weight"].Data, c["conv_in.weight"].Data);
        Assert.NotEqual(a["mid_block.attentions.0.to_q.weight"].Data, a["mid_block.attentions.0.to_k.weight"].Data);
    }

    [Fact]
    public void Weights_are_uniform_with_variance_two_over_fan_in_plus_fan_out()
    {
        foreach (var (parameter, tensor) in Graph.Parameters.Zip(Initializer.Create(Graph, 1).Values))
        {
            if (parameter.Initialization != Initialization.FanAverageUniform)
            {
                continue;
            }

            // [out, in, kh, kw]: fan in = in·kh·kw, fan out = out·kh·kw.
            var receptive = parameter.Shape.Skip(2).Aggregate(1, (n, d) => n * d);
            var variance = 2.0 / (receptive * (parameter.Shape[0] + parameter.Shape[1]));
            var n = tensor.Data.Length;

            // The variance of a uniform variable's square is 4/5 of its variance squared: five standard errors.
            Assert.Equal(1, tensor.Data.Average(v => (double)v * v) / variance, 5 * Math.Sqrt(0.8 / n));
            Assert.Equal(0, tensor.Data.Average(v => (double)v), 5 * Math.Sqrt(variance / n));
            Assert.All(tensor.Data, v => Assert.True(Math.Abs(v) <= Math.Sqrt(3 * variance)));
        }
    }

    [Fact]
    public void Zeros_are_where_the_authors_of_DDPM_have_them()
    {
        var zero = Initializer.Create(Graph, 1).Where(p => p.Value.Data.All(v => v == 0)).Select(p => p.Key).ToHashSet();
        foreach (var name in Graph.Parameters.Select(p => p.Name))
        {
            var expected = name == "conv_out.weight"
                || name.EndsWith("conv2.weight", StringComparison.Ordinal)
                || name.EndsWith("to_out.0.weight", StringComparison.Ordinal)
                || name.EndsWith(".bias", StringComparison.Ordinal);
            Assert.True(zero.Contains(name) == expected, $"{name} is {(expected ? "not " : string.Empty)}zero");
        }
    }

    [Fact]
    public void Scales_are_one_and_label_tables_standard_normal()
    {
        var weights = Initializer.Create(Graph, 1);
        Assert.All(weights.Where(p => p.Key.Contains("norm", StringComparison.Ordinal) && p.Key.EndsWith("weight", StringComparison.Ordinal)), p => Assert.All(p.Value.Data, v => Assert.Equal(1, v)));
        var table = weights["class_embedding.weight"].Data;
        Assert.Equal(1, table.Average(v => (double)v * v), 5 * Math.Sqrt(2.0 / table.Length));
    }
}
