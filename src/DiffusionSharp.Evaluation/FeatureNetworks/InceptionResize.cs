namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>
/// Resizes images to 299×299 as pytorch-fid does, by PyTorch's <c>interpolate(mode="bilinear", align_corners=False)</c>, without antialiasing. The bits are those of
/// PyTorch 1.13 on a CPU: the ratio of the sides in float32, places in float64, parts of the two neighbours in float32, and of each sum of two products, first along
/// rows and then between them, the second product is rounded and the first is not.
/// </summary>
internal static class InceptionResize
{
    private const int Side = 299;

    /// <summary>Resizes an image of 8 bits, divided by 255 first.</summary>
    /// <param name="image">[C, H, W], 0…255.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="destination">Receives [C, 299, 299], 0…1.</param>
    public static void Resize(ReadOnlySpan<byte> image, ImageShape shape, Span<float> destination)
    {
        var values = new float[image.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = image[i] / 255f;
        }

        Resize(values, shape, destination);
    }

    /// <summary>Resizes an image.</summary>
    /// <param name="image">[C, H, W].</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="destination">Receives [C, 299, 299].</param>
    public static void Resize(ReadOnlySpan<float> image, ImageShape shape, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(image.Length, shape.Elements);
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, shape.Channels * Side * Side);
        Neighbours[] rows = Places(shape.Height), columns = Places(shape.Width);
        Span<float> upper = stackalloc float[Side], lower = stackalloc float[Side];
        for (var i = 0; i < shape.Channels * Side; i++)
        {
            var plane = image.Slice(i / Side * shape.Height * shape.Width, shape.Height * shape.Width);
            var row = rows[i % Side];
            Across(plane.Slice(row.First * shape.Width, shape.Width), columns, upper);
            Across(plane.Slice(row.Second * shape.Width, shape.Width), columns, lower);
            var to = destination.Slice(i * Side, Side);
            for (var x = 0; x < Side; x++)
            {
                to[x] = row.Join(upper[x], lower[x]);
            }
        }
    }

    private static void Across(ReadOnlySpan<float> row, Neighbours[] columns, Span<float> to)
    {
        for (var x = 0; x < Side; x++)
        {
            to[x] = columns[x].Join(row[columns[x].First], row[columns[x].Second]);
        }
    }

    private static Neighbours[] Places(int side)
    {
        var (ratio, places) = ((float)side / Side, new Neighbours[Side]);
        for (var i = 0; i < Side; i++)
        {
            var place = Math.Max((ratio * (i + 0.5)) - 0.5, 0);
            var first = Math.Min((int)place, side - 1);
            var part = (float)Math.Min(place - first, 1);
            places[i] = new(first, Math.Min(first + 1, side - 1), 1 - part, part);
        }

        return places;
    }

    private readonly record struct Neighbours(int First, int Second, float OfFirst, float OfSecond)
    {
        public float Join(float first, float second) => MathF.FusedMultiplyAdd(first, OfFirst, second * OfSecond);
    }
}
