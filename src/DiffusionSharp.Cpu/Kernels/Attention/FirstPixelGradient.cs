using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>The gradient of <see cref="FirstPixel"/>: zero for all pixels but the first.</summary>
internal sealed unsafe class FirstPixelGradient<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly View first;
    private readonly View pixels;
    private readonly int? added;

    /// <param name="first">The gradient of the first pixel.</param>
    /// <param name="pixels">Receives that of all.</param>
    /// <param name="added">A buffer of the pixels' shape that is added, or null.</param>
    public FirstPixelGradient(View first, View pixels, int? added)
    {
        Debug.Assert(first.IsPlain && first.Pixels == 1 && pixels.IsPlain && pixels.Channels == first.Channels, "channels must be equal");
        (this.first, this.pixels, this.added) = (first, pixels, added);
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        var source = first.Locate(first.Segments[0], workspace);
        var target = new GradientPixels<T>(workspace, pixels.Segments[0], added, 0);
        for (var i = 0; i < workspace.Images * pixels.Pixels; i++)
        {
            target.Write(i % pixels.Pixels == 0 ? source.At(i / pixels.Pixels, 0) : null, 1);
        }
    }
}
