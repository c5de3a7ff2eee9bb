using System.Text.RegularExpressions;
using DiffusionSharp;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace TestKit.Files;

/// <summary>Tensors as denoising-diffusion-pytorch stores them, made of weights of ours.</summary>
public static partial class LucidrainsCheckpoint
{
    /// <summary>The state dict: q, k and v in one, vectors of norms as images, everything else a convolution.</summary>
    public static Dictionary<string, HostTensor> StateDict(NetworkGraph graph, IReadOnlyDictionary<string, HostTensor> weights)
    {
        var result = new Dictionary<string, HostTensor>();
        foreach (var group in graph.Parameters.GroupBy(p => Projection().Replace(p.Name, ".to_qkv.")))
        {
            var shape = group.First().Shape;
            float[] data = [.. group.SelectMany(p => weights[p.Name].Data)];
            result[group.Key] = new HostTensor(
                group.Key switch
                {
                    _ when group.Count() == 3 => [3 * shape[0], shape[1], 1, 1],
                    _ when group.Key.EndsWith(".g", StringComparison.Ordinal) => [1, shape[0], 1, 1],
                    _ when shape is [_, _, 2, 2] && !group.Key.EndsWith("mem_kv", StringComparison.Ordinal) => [shape[0], 4 * shape[1], 1, 1],
                    _ => [.. shape],
                },
                data);
        }

        return result;
    }

    /// <summary>The same without values.</summary>
    public static Dictionary<string, TensorInfo> Shapes(LucidrainsUNetConfig config)
    {
        var graph = config.Build();
        return StateDict(graph, RandomWeights.Create(graph, 1)).ToDictionary(t => t.Key, t => new TensorInfo(t.Key, TensorDtype.F32, t.Value.Shape, 0));
    }

    [GeneratedRegex(@"\.to_[qkv]\.")]
    private static partial Regex Projection();
}
