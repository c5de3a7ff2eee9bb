using DiffusionSharp.Networks;

namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>
/// Resizes a plane with a triangle filter as wide as the pixels of the larger side, which is Pillow's <c>BILINEAR</c> without its rounding to whole levels: first
/// along rows, then along columns, in float64.
/// </summary>
internal static class AntialiasedResize
{
    /// <summary>Resizes a plane.</summary>
    /// <param name="plane">[H, W], 0…255.</param>
    /// <param name="shape">Its sides.</param>
    /// <param name="side">The sides of the result.</param>
    /// <param name="destination">Receives [side, side].</param>
    public static void Resize(ReadOnlySpan<byte> plane, Sides shape, int side, Span<float> destination)
    {
        (int First, double[] Parts)[] columns = Parts(shape.Width, side), rows = Parts(shape.Height, side);
        var narrow = new double[shape.Height * side];
        for (var i = 0; i < narrow.Length; i++)
        {
            var (first, parts) = columns[i % side];
            for (var k = 0; k < parts.Length; k++)
            {
                narrow[i] += parts[k] * plane[(i / side * shape.Width) + first + k];
            }
        }

        for (var i = 0; i < destination.Length; i++)
        {
            var ((first, parts), sum) = (rows[i / side], 0.0);
            for (var k = 0; k < parts.Length; k++)
            {
                sum += parts[k] * narrow[((first + k) * side) + (i % side)];
            }

            destination[i] = (float)sum;
        }
    }

    // For each place of the result the pixels that it is made of.
    private static (int First, double[] Parts)[] Parts(int from, int to)
    {
        var (result, ratio) = (new (int, double[])[to], (double)from / to);
        var reach = Math.Max(ratio, 1);
        for (var i = 0; i < to; i++)
        {
            var middle = (i + 0.5) * ratio;
            var (first, end) = (Math.Max((int)(middle - reach + 0.5), 0), Math.Min((int)(middle + reach + 0.5), from));
            var parts = Enumerable.Range(first, end - first).Select(p => Math.Max(0, 1 - Math.Abs((p + 0.5 - middle) / reach))).ToArray();
            var sum = parts.Sum();
            result[i] = (first, Array.ConvertAll(parts, p => p / sum));
        }

        return result;
    }
}
