using DiffusionSharp.Networks;

namespace TestKit.Networks;

/// <summary>Whether float32 can be expected to follow float64.</summary>
public static class Conditioning
{
    /// <summary>
    /// False where a norm divides by a spread that is small against the values themselves, as for a group of equal pixels: rounding is
    /// all that is left of such a value, in any engine.
    /// </summary>
    public static bool IsGood(NetworkCase network)
    {
        var graph = network.Graph;
        var reference = new ReferenceNetwork(graph, p => network.Weights[p.Name]);
        for (var n = 0; n < network.Count; n++)
        {
            var image = network.Pick(n);
            var values = reference.Values(image.X, image.Timesteps[0], image.Labels.FirstOrDefault());
            if (!values[^1].Any(v => v != 0) || !graph.Nodes.All(node => node.Operation switch
            {
                Operation.GroupNorm norm => IsGood(norm, values[node.Inputs[0]]),
                Operation.RmsNorm => IsGood(values[node.Inputs[0]], node.Shape.Channels),
                _ => true,
            }))
            {
                return false;
            }
        }

        return true;
    }

    // No pixel is short against the largest value.
    private static bool IsGood(double[] x, int channels)
    {
        var pixels = x.Length / channels;
        var least = Enumerable.Range(0, pixels).Min(p => Enumerable.Range(0, channels).Sum(c => x[(c * pixels) + p] * x[(c * pixels) + p]));
        return Math.Sqrt(least) > 0.05 * x.Max(Math.Abs);
    }

    private static bool IsGood(Operation.GroupNorm norm, double[] x) => x.Chunk(x.Length / norm.Groups).All(group =>
    {
        var mean = group.Average();
        return group.Average(v => (v - mean) * (v - mean)) + norm.Epsilon > 0.05 * mean * mean;
    });
}
