using Conformance.Networks;
using DiffusionSharp;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace Conformance.Engines;

/// <summary>An engine may compute what hangs on the timestep alone once for the images that share it; what meets it is each image's own.</summary>
public class MixedVectorsTests
{
    private static readonly Dictionary<string, Func<GraphBuilder, int, int, int>> Meetings = new()
    {
        ["add"] = (g, x, t) => g.Add("y", x, g.Linear("of t", t, 6)),
        ["add, the other way round"] = (g, x, t) => g.Add("y", g.Linear("of t", t, 6), g.Linear("of x", x, 6)),
        ["per channel"] = (g, x, t) => g.AddPerChannel("y", g.Linear("of t", t, 6), x),
        ["scale and shift"] = (g, x, t) => g.ScaleShift("y", g.GroupNorm("norm", g.Linear("of t", t, 6), 2, 1e-5), g.Linear("of x", x, 12)),
        ["concat"] = (g, x, t) => g.Concat("y", g.Linear("of t", t, 3), x),
        ["attention"] = (g, x, t) => g.Attention("y", x, g.Linear("of t", t, 6), g.Linear("too", t, 6), heads: 2),
        ["neither"] = (g, _, t) => g.UpsampleNearest("y", g.PadRightBottom("pad", g.Linear("of t", t, 6))),
    };

    public static TheoryData<string, string> Cases => Engines.With(Meetings.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_meets_a_vector_of_the_timestep_stays_each_images_own(string engine, string meeting)
    {
        var g = new GraphBuilder(new ImageShape(6, 1, 1));
        var x = g.X();
        Meetings[meeting](g, x, g.TimestepEmbedding("sinusoid", g.Timestep(), 8, flipSinToCos: false, freqShift: 1));
        var network = new NetworkCase(g.Build(), seed: 5, count: 5) { Timesteps = [700, 3, 700, 700, 3] };
        Relative.AssertWithin(2e-5, network.Predict(Engines.Get(engine)), network.Reference(), engine);
    }
}
