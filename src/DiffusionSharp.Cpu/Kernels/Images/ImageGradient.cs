using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>Adds a gradient of the images to the caller's, channel by channel.</summary>
internal sealed unsafe class ImageGradient : IStep
{
    private readonly View gradient;
    private readonly Action<int, int> row;
    private Workspace workspace = null!;

    public ImageGradient(View gradient)
    {
        Debug.Assert(gradient.IsPlain, "the caller's images are not joined");
        this.gradient = gradient;
        row = Row;
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * gradient.Height, row);
    }

    private void Row(int worker, int item)
    {
        var (image, row) = Math.DivRem(item, gradient.Height);
        var segment = gradient.Segments[0];
        var g = gradient.Locate(segment, workspace).At(image, row * gradient.Width);
        var x = workspace.Gradients.X + ((nint)image * segment.Channels * gradient.Pixels) + (row * gradient.Width);
        for (var column = 0; column < gradient.Width; column++, x++, g += segment.Stride)
        {
            for (var c = 0; c < segment.Channels; c++)
            {
                x[c * gradient.Pixels] += g[c];
            }
        }
    }
}
