using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>Geometry of a convolution.</summary>
/// <param name="Kernel">Sides of the kernel.</param>
/// <param name="Stride">Step between outputs.</param>
/// <param name="Padding">Zeros above and below, and on the left and right.</param>
/// <param name="Height">Rows of the output.</param>
/// <param name="Width">Columns of the output.</param>
internal readonly record struct ConvolutionShape(Sides Kernel, int Stride, Sides Padding, int Height, int Width)
{
    /// <summary>Pixels of one output.</summary>
    public int Pixels => Height * Width;

    /// <summary>Places of the kernel.</summary>
    public int Places => Kernel.Height * Kernel.Width;

    /// <summary>Whether Winograd's algorithm can compute it.</summary>
    public bool SuitsWinograd => Kernel == 3 && Stride == 1 && Padding == 1;

    /// <summary>The kernel's places, row by row.</summary>
    public IEnumerable<(int Y, int X)> Taps()
    {
        var width = Kernel.Width;
        return Enumerable.Range(0, Places).Select(i => (i / width, i % width));
    }
}
