using DiffusionSharp.Networks;
using TestKit.Networks;

namespace DiffusionSharp.Tests.Networks;

public class LucidrainsUNetTests
{
    // One level of 8 channels, all attention full: four blocks of 8 channels, three of 16 that have a shortcut.
    [Fact]
    public void The_smallest_network_has_the_parameters_that_one_counts()
    {
        const int same = (32 * 16) + 16 + (2 * ((8 * 8 * 9) + 8 + 8));
        const int joined = same + (8 * 8 * 9) + (16 * 8) + 8;
        const int attention = 8 + (3 * 64) + (2 * 2 * 4 * 4) + (8 * 8) + 8;
        const int expected = (3 * 49 * 8) + 8 + (8 * 32) + 32 + (32 * 32) + 32 + (4 * same) + (3 * joined) + (3 * attention) + (2 * ((8 * 8 * 9) + 8)) + (8 * 3) + 3;
        Assert.Equal(expected, new LucidrainsUNetConfig { Dim = 8, DimMults = [1], AttnHeads = [2], AttnDimHead = [4] }.Build().ParameterCount);
    }

    [Fact]
    public void Every_value_is_used_and_the_prediction_has_the_image_s_size()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var config = RandomLucidrainsUNet.Config(1 + (seed % 3), seed);
            var graph = config.Build();
            Assert.Equal(config.InputShape with { Channels = config.OutChannels }, graph.OutputShape);
            var used = graph.Nodes.SelectMany(n => n.Inputs).ToHashSet();
            Assert.Equal(graph.Nodes.Count - 1, used.Count);
            Assert.Equal(graph.Parameters.Count, graph.Parameters.Select(p => p.Name).Distinct().Count());
        }
    }

    [Fact]
    public void Every_problem_of_the_options_is_listed_at_once()
    {
        var config = new LucidrainsUNetConfig
        {
            Height = 12,
            Channels = 0,
            Dim = 3,
            InitDim = -1,
            OutDim = 7,
            LearnedVariance = true,
            SinusoidalPosEmbTheta = 1,
            Dropout = 1,
            AttnDimHead = [1, 2],
            AttnHeads = [0],
            FullAttn = [true, false],
            NumMemKv = -1,
        };
        var e = Assert.Throws<DiffusionException>(() => config.Build());
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        string[] named = ["12×32", "channels 0", "learned_variance and out_dim", "dim 3", "-1 channels", "attn_dim_head has 2", "attn_heads [0]", "full_attn has 2", "num_mem_kv -1", "theta 1", "dropout 1"];
        Assert.All(named, what => Assert.Contains(what, e.Message));
    }
}
