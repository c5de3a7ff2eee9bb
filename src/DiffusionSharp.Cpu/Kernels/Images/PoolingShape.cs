namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>Windows of pixels, of which every one has some of the image.</summary>
/// <param name="Kernel">Side of a window.</param>
/// <param name="Stride">Step between windows.</param>
/// <param name="Padding">Pixels by which they reach over every side.</param>
internal readonly record struct PoolingShape(int Kernel, int Stride, int Padding)
{
    /// <summary>The pixels of a window that lie inside, along one side.</summary>
    /// <param name="window">Which window.</param>
    /// <param name="side">Pixels of the side.</param>
    public (int First, int End) Pixels(int window, int side)
    {
        var first = (window * Stride) - Padding;
        return (Math.Max(first, 0), Math.Min(first + Kernel, side));
    }

    /// <summary>The windows that a pixel lies in, along one side.</summary>
    /// <param name="pixel">Which pixel.</param>
    /// <param name="windows">Windows of the side.</param>
    public (int First, int End) Windows(int pixel, int windows)
    {
        var first = pixel + Padding - Kernel + Stride;
        return (Math.Max(first, 0) / Stride, Math.Min(((pixel + Padding) / Stride) + 1, windows));
    }
}
