using DiffusionSharp;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Weights;
using TestKit;

namespace Conformance.Networks;

/// <summary>01 …_activations: the value of every named module of the reference for the first image, so that an error names its place.</summary>
public class ActivationGoldens
{
    private const string Case = "01_unet_ch32_m21_r1_a4_8px_activations";

    public static TheoryData<string> Modules => new(Shared.Exists
        ? new GoldenCase(Case).Json.GetProperty("tensors").EnumerateObject().Select(t => t.Name).Where(n => n.StartsWith("act/", StringComparison.Ordinal))
        : [GoldenRuns.Absent]);

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Modules))]
    public void Agrees(string tensor)
    {
        var golden = new GoldenCase(Case);
        var model = new ErmongroupModel(golden, "../01_unet_ch32_m21_r1_a8_16px/model.safetensors");
        var name = Node(tensor["act/".Length..], model.Config);
        var index = model.Graph.Nodes.Index().Single(n => n.Item.Name == name).Index;

        // The same network, ended at that node.
        var head = new NetworkGraph([.. model.Graph.Nodes.Take(index + 1)], model.Graph.Parameters, model.Graph.InputShape, null, null);
        using var denoiser = new TorchDenoiser(head, p => model.Weights[p.Name]);
        var value = new float[head.OutputShape.Elements];
        var input = new DenoiserInput
        {
            Count = 1,
            Shape = head.InputShape,
            X = golden.Floats("x").AsSpan(0, head.InputShape.Elements),
            Timesteps = golden.Doubles("t").AsSpan(0, 1),
        };
        denoiser.Predict(input, value);
        Assert.InRange(Relative.MaxDifference(value, golden.Doubles(tensor)), 0, golden.Json.GetProperty("tolerance").GetProperty("rel_to_max_abs").GetDouble());
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
        return (ErmongroupNames.ToDiffusers($"{module}.{parameter}", config)[..^last.Length] + node).TrimEnd('.');
    }
}
