namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>Geometry of a convolution.</summary>
/// <param name="Kernel">Side of the square kernel.</param>
/// <param name="Stride">Step between outputs.</param>
/// <param name="Padding">Zeros on every side.</param>
/// <param name="Height">Rows of the output.</param>
/// <param name="Width">Columns of the output.</param>
internal readonly record struct ConvolutionShape(int Kernel, int Stride, int Padding, int Height, int Width)
{
    /// <summary>Pixels of one output.</summary>
    public int Pixels => Height * Width;

    /// <summary>The kernel's places, row by row.</summary>
    public IEnumerable<(int Y, int X)> Taps()
    {
        var side = Kernel;
        return Enumerable.Range(0, side * side).Select(i => (i / side, i % side));
    }
}
