using DiffusionSharp.Bench.Measuring;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.Ratios;

/// <summary>How far a network call is from what the machine can do: its FLOP at the rate of a large matrix product.</summary>
internal static class Floor
{
    /// <param name="part">The part the lines belong to.</param>
    /// <param name="flopsPerImage">Of the network.</param>
    /// <param name="count">Images in a call.</param>
    /// <param name="calls">Timings of calls; names that end in bfloat16 are held against that rate.</param>
    /// <param name="sizes">Rounds and the matrices' size.</param>
    public static IEnumerable<Line> Lines(string part, long flopsPerImage, int count, Timing[] calls, Sizes sizes)
    {
        using var scope = NewDisposeScope();
        var matrix = rand(sizes.Matrix, sizes.Matrix);
        var half = matrix.to(ScalarType.BFloat16);
        var products = Interleaved.Run(sizes.Rounds, ("float32", () => Product(matrix)), ("bfloat16", () => Product(half)));
        var product = 2.0 * sizes.Matrix * sizes.Matrix * sizes.Matrix;
        double flops = (double)flopsPerImage * count;

        yield return new Line(part, "FLOP an image", flopsPerImage / 1e9, null, "GFLOP");
        foreach (var p in products)
        {
            yield return new Line(part, $"rate of a {sizes.Matrix}³ matrix product, {p.Name}", product / p.Median / 1e9, null, "GFLOP/s");
        }

        foreach (var p in products)
        {
            yield return new Line(part, $"floor: the network's FLOP at that rate, {p.Name}", flops * p.Median / product, null, "s");
        }

        foreach (var call in calls)
        {
            yield return new Line(part, $"effective rate: {call.Name}", flops / call.Median / 1e9, null, "GFLOP/s");
        }

        foreach (var call in calls)
        {
            var floor = flops * products[call.Name.EndsWith("bfloat16", StringComparison.Ordinal) ? 1 : 0].Median / product;
            yield return new Line(part, $"{call.Name} / floor", call.Median / floor, null, "×");
        }
    }

    private static void Product(Tensor matrix)
    {
        using var result = mm(matrix, matrix);
    }
}
