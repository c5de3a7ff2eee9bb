namespace DiffusionSharp.Sampling.Execution;

/// <summary>Values of each image, or once for all images.</summary>
internal static class PerImage
{
    /// <summary>The values of an image.</summary>
    /// <param name="values">[N, elements], or [elements] for all images.</param>
    /// <param name="image">0…N-1.</param>
    /// <param name="elements">Values of an image.</param>
    public static ReadOnlySpan<double> Slice(double[] values, int image, int elements) =>
        values.Length == elements ? values : values.AsSpan(image * elements, elements);

    /// <summary>Whether values are there for each image, or once for all.</summary>
    public static bool Fits(double[] values, int images, int elements) =>
        values.Length == elements || values.LongLength == (long)images * elements;
}
