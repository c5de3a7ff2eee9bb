using DiffusionSharp;

namespace TestKit.Networks;

/// <summary>Windows of an image in float64, as lists of the pixels that lie inside, row by row.</summary>
public sealed class ReferencePool(ImageShape shape, ImageShape output, int kernel, int stride, int padding)
{
    /// <summary>The largest value of each window.</summary>
    public double[] Max(double[] x) => [.. Windows().Select(w => w.Max(i => x[i]))];

    /// <summary>The mean of each window.</summary>
    public double[] Mean(double[] x) => [.. Windows().Select(w => w.Average(i => x[i]))];

    /// <summary>To the first of a window's largest values.</summary>
    public double[] MaxGradient(double[] x, double[] dy)
    {
        var gradient = new double[x.Length];
        foreach (var (window, d) in Windows().Zip(dy))
        {
            gradient[window.MaxBy(i => x[i])] += d;
        }

        return gradient;
    }

    /// <summary>To all values of a window.</summary>
    public double[] MeanGradient(double[] dy)
    {
        var gradient = new double[shape.Elements];
        foreach (var (window, d) in Windows().Zip(dy))
        {
            Array.ForEach(window, i => gradient[i] += d / window.Length);
        }

        return gradient;
    }

    private IEnumerable<int[]> Windows() =>
        from c in Enumerable.Range(0, shape.Channels)
        from top in Enumerable.Range(0, output.Height)
        from left in Enumerable.Range(0, output.Width)
        select (
            from y in Enumerable.Range((top * stride) - padding, kernel)
            from x in Enumerable.Range((left * stride) - padding, kernel)
            where y >= 0 && y < shape.Height && x >= 0 && x < shape.Width
            select (((c * shape.Height) + y) * shape.Width) + x).ToArray();
}
