using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>The gradient of the mean of all pixels: the same part of it for each of them.</summary>
internal sealed unsafe class MeanPixelGradient<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly View mean;
    private readonly View pixels;
    private readonly int? added;
    private readonly Action<int, int> row;
    private Workspace workspace = null!;

    /// <param name="mean">The gradient of the mean.</param>
    /// <param name="pixels">Receives that of all.</param>
    /// <param name="added">A buffer of the pixels' shape that is added, or null.</param>
    public MeanPixelGradient(View mean, View pixels, int? added)
    {
        Debug.Assert(mean.IsPlain && mean.Pixels == 1 && pixels.IsPlain && pixels.Channels == mean.Channels, "channels must be equal");
        (this.mean, this.pixels, this.added, row) = (mean, pixels, added, Row);
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * pixels.Height, row);
    }

    private void Row(int worker, int item)
    {
        var source = mean.Locate(mean.Segments[0], workspace).At(item / pixels.Height, 0);
        var target = new GradientPixels<T>(workspace, pixels.Segments[0], added, (nint)item * pixels.Width);
        for (var x = 0; x < pixels.Width; x++)
        {
            target.Write(source, 1f / pixels.Pixels);
        }
    }
}
