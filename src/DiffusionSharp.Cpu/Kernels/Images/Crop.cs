using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>An image's upper left part, which is the gradient of a border on the right and below.</summary>
internal sealed unsafe class Crop<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly View input;
    private readonly View output;
    private readonly int? added;
    private readonly Action<int, int> row;
    private Workspace workspace = null!;

    /// <param name="input">What is cut.</param>
    /// <param name="output">No higher or wider.</param>
    /// <param name="added">A buffer of the output's shape that is added, or null.</param>
    public Crop(View input, View output, int? added = null)
    {
        Debug.Assert(input.IsPlain && output.IsPlain && output.Channels == input.Channels && output.Height <= input.Height && output.Width <= input.Width, "the part must lie within");
        (this.input, this.output, this.added, row) = (input, output, added, Row);
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * output.Height, row);
    }

    private void Row(int worker, int item)
    {
        var (image, y) = Math.DivRem(item, output.Height);
        var target = new GradientPixels<T>(workspace, output.Segments[0], added, (nint)item * output.Width);
        for (var x = 0; x < output.Width; x++)
        {
            target.Write(input.Locate(input.Segments[0], workspace).At(image, (y * input.Width) + x), 1);
        }
    }
}
