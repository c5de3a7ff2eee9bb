namespace DiffusionSharp.Networks;

/// <content>One value of several pixels.</content>
public sealed partial class GraphBuilder
{
    /// <summary>Halves both sides by averaging 2×2 pixels.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads; its sides are even.</param>
    public int AveragePool(string name, int x)
    {
        var s = Shape(x);
        Require(s.Height % 2 == 0 && s.Width % 2 == 0, name, $"{s} cannot be halved");
        return Append(name, new Operation.AveragePool(), [x], s with { Height = s.Height / 2, Width = s.Width / 2 });
    }

    /// <summary>The largest value of each window, channel by channel; what lies outside the image plays no part.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="kernel">Side of the square window.</param>
    /// <param name="stride">Step between windows.</param>
    /// <param name="padding">Pixels by which windows reach over every side; at most half a window.</param>
    public int MaxPool(string name, int x, int kernel, int stride, int padding) =>
        Append(name, new Operation.MaxPool(kernel, stride, padding), [x], Pooled(name, x, kernel, stride, padding));

    /// <summary>The mean of each window, channel by channel; what lies outside the image plays no part, in the divisor neither.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="kernel">Side of the square window.</param>
    /// <param name="stride">Step between windows.</param>
    /// <param name="padding">Pixels by which windows reach over every side; at most half a window.</param>
    public int MeanPool(string name, int x, int kernel, int stride, int padding) =>
        Append(name, new Operation.MeanPool(kernel, stride, padding), [x], Pooled(name, x, kernel, stride, padding));

    /// <summary>The mean of all pixels, as a vector.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="x">What it reads.</param>
    public int MeanPixel(string name, int x) => Append(name, new Operation.MeanPixel(), [x], new ImageShape(Shape(x).Channels, 1, 1));

    private ImageShape Pooled(string name, int x, int kernel, int stride, int padding)
    {
        // Every window has a pixel of the image.
        Require(2 * padding <= kernel, name, $"a padding of {padding} is more than half of a window of {kernel}");
        return Windows(name, Shape(x), kernel, stride, padding);
    }
}
