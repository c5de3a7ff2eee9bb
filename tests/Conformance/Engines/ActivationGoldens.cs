using Conformance.Networks;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using TestKit;
using TestKit.Networks;

namespace Conformance.Engines;

/// <summary>01 …_activations: the value of every named module of the reference for the first image, so that an error names its place.</summary>
public class ActivationGoldens
{
    public static TheoryData<string, string> Modules => Shared.Exists
        ? new(GoldenRuns.CasesOf("01_unet").SelectMany(
            c => new GoldenCase(c).Json.GetProperty("tensors").EnumerateObject().Select(t => t.Name).Where(n => n.StartsWith("act/", StringComparison.Ordinal)),
            (c, tensor) => (c, tensor)))
        : new((GoldenRuns.Absent, ""));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Modules))]
    public void Agrees(string name, string tensor)
    {
        var golden = GoldenNetwork.Open(name);
        var (call, expected) = (golden.Call.Pick(0), golden.Golden.Doubles(tensor));
        var node = Node(tensor["act/".Length..], ErmongroupModel.ReadConfig(golden.Golden.Json.GetProperty("config")));
        var index = call.Graph.Nodes.Index().Single(n => n.Item.Name == node).Index;
        var value = new ReferenceNetwork(call.Graph, p => call.Weights[p.Name]).Values(call.X, call.Timesteps[0], 0)[index];
        Assert.InRange(Relative.MaxDifference(value, expected), 0, 2e-6);

        // The same network, ended at that node.
        var head = call.EndedAt(index);
        Assert.All(Engines.Usable, e => Relative.AssertWithin(golden.Tolerance, head.Predict(e.Value), expected, e.Key));
    }

    // The node whose value a module of the reference returns, by way of the name of one of the module's parameters.
    private static string Node(string module, UNetConfig config)
    {
        var (parameter, last, node) = module.Split('.') switch
        {
            [.., "block", _] or [_, "block_1" or "block_2"] => ("conv2.weight", "conv2.weight", "add"),
            [.., "attn", _] or [_, "attn_1"] => ("proj_out.weight", "to_out.0.weight", "add"),
            [.., "downsample" or "upsample"] => ("conv.weight", "weight", string.Empty),
            _ => ("weight", "weight", string.Empty),
        };
        var ours = config.Build().Parameters.Single(p => ErmongroupNames.Map(p.Name, config) == $"{module}.{parameter}").Name;
        return (ours[..^last.Length] + node).TrimEnd('.');
    }
}
