using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>Lays the caller's images, or the gradient of the prediction, out pixel by pixel.</summary>
internal sealed unsafe class ImageInput : IStep
{
    private readonly View output;
    private readonly bool ofCotangent;
    private readonly Action<int, int> row;
    private Workspace workspace = null!;

    public ImageInput(View output, bool ofCotangent = false)
    {
        (this.output, this.ofCotangent) = (output, ofCotangent);
        row = Row;
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * output.Height, row);
    }

    private void Row(int worker, int item)
    {
        var (image, row) = Math.DivRem(item, output.Height);
        var segment = output.Segments[0];
        var y = output.Locate(segment, workspace).At(image, row * output.Width);
        var x = (ofCotangent ? workspace.Gradients.Cotangent : workspace.Inputs.X) + ((nint)image * segment.Channels * output.Pixels) + (row * output.Width);
        for (var column = 0; column < output.Width; column++, x++, y += segment.Stride)
        {
            for (var c = 0; c < segment.Stride; c++)
            {
                y[c] = c < segment.Channels ? x[c * output.Pixels] : 0;
            }
        }
    }
}
