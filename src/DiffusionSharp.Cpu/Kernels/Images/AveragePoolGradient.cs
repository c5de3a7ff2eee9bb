using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>The gradient of the mean of 2×2 pixels: a quarter for each of them. An odd row or column at the end was left out, and has none.</summary>
internal sealed unsafe class AveragePoolGradient<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly View outputGradient;
    private readonly View inputGradient;
    private readonly int? added;
    private readonly Action<int, int> row;
    private Workspace workspace = null!;

    /// <param name="outputGradient">The gradient of the means.</param>
    /// <param name="inputGradient">Receives that of the pixels.</param>
    /// <param name="added">A buffer of the pixels' shape that is added, or null.</param>
    public AveragePoolGradient(View outputGradient, View inputGradient, int? added = null)
    {
        Debug.Assert(
            outputGradient.IsPlain && inputGradient.IsPlain && inputGradient.Channels == outputGradient.Channels
                && (inputGradient.Height / 2, inputGradient.Width / 2) == (outputGradient.Height, outputGradient.Width),
            "four pixels must be one");
        (this.outputGradient, this.inputGradient, this.added, row) = (outputGradient, inputGradient, added, Row);
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * inputGradient.Height, row);
    }

    private void Row(int worker, int item)
    {
        var (image, y) = Math.DivRem(item, inputGradient.Height);
        var target = new GradientPixels<T>(workspace, inputGradient.Segments[0], added, (nint)item * inputGradient.Width);
        var source = outputGradient.Locate(outputGradient.Segments[0], workspace);
        for (var x = 0; x < inputGradient.Width; x++)
        {
            var inside = y / 2 < outputGradient.Height && x / 2 < outputGradient.Width;
            target.Write(inside ? source.At(image, (y / 2 * outputGradient.Width) + (x / 2)) : null, 0.25f);
        }
    }
}
