using DiffusionSharp.Torch.Ops;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Tests.Ops;

/// <summary>Tensors of several shapes with seeded values.</summary>
internal static class Sample
{
    private static readonly long[][] Shapes = [[8, 4, 3, 3], [8], [], [5, 7], [1031]];

    /// <summary>One tensor per shape, normal values times <paramref name="scale"/>.</summary>
    public static Tensor[] Tensors(int seed, float scale = 1)
    {
        var random = new Random(seed);
        return [.. Shapes.Select(shape =>
        {
            var count = (int)shape.Aggregate(1L, (a, b) => a * b);
            var values = Enumerable.Range(0, count).Select(_ => scale * (float)((random.NextDouble() * 2) - 1)).ToArray();
            return HostCopy.ToTensor<float>(values, shape).DetachFromDisposeScope();
        })];
    }

    /// <summary>The tensors with names.</summary>
    public static Dictionary<string, Tensor> Named(Tensor[] tensors) =>
        tensors.Select((t, i) => (t, i)).ToDictionary(p => $"layer{p.i}.weight", p => p.t, StringComparer.Ordinal);

    /// <summary>All values, in order.</summary>
    public static float[] Values(IEnumerable<Tensor> tensors) => [.. tensors.SelectMany(t => HostCopy.ToHostTensor(t).Data)];

    /// <summary>The largest absolute difference over all values.</summary>
    public static double Difference(IEnumerable<Tensor> a, IEnumerable<Tensor> b)
    {
        var (x, y) = (Values(a), Values(b));
        Xunit.Assert.Equal(x.Length, y.Length);
        return x.Zip(y, (u, w) => double.Abs((double)u - w)).Max();
    }
}
