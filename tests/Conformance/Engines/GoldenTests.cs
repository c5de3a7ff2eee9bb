using Conformance.Networks;
using DiffusionSharp.Weights;
using TestKit;

namespace Conformance.Engines;

/// <summary>Every engine's output against the reference implementations' (goldens 01, 06 and 07).</summary>
public class GoldenTests
{
    public static TheoryData<string, string> Calls => new(Engines.All.Keys.SelectMany(e => GoldenNetwork.Names, (e, n) => (e, n)));

    public static TheoryData<string> Networks => new(GoldenNetwork.Names);

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Calls))]
    public void An_engine_agrees(string engine, string network)
    {
        var golden = GoldenNetwork.Open(network);
        var prediction = golden.Call.Predict(Engines.All[engine]);
        Assert.InRange(Relative.MaxDifference(prediction, golden.Expected), 0, golden.Tolerance);
    }

    // The files hold the graph's parameters, under diffusers' names, and nothing else.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Networks))]
    public void The_graph_has_the_parameters_of_the_file(string network)
    {
        var call = GoldenNetwork.Open(network).Call;
        Assert.Equal(
            call.Graph.Parameters.Select(p => $"{p.Name} {string.Join('×', p.Shape)}").Order(),
            call.Weights.Select(w => $"{w.Key} {string.Join('×', w.Value.Shape)}").Order());
    }
}
