using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>Lays the prediction out channel by channel, as the caller takes it.</summary>
internal sealed unsafe class ImageOutput : IStep
{
    private readonly View input;
    private readonly Action<int, int> row;
    private Workspace workspace = null!;

    public ImageOutput(View input)
    {
        this.input = input;
        row = Row;
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * input.Height, row);
    }

    private void Row(int worker, int item)
    {
        var (image, row) = Math.DivRem(item, input.Height);
        var segment = input.Segments[0];
        var x = input.Locate(segment, workspace).At(image, row * input.Width);
        var y = workspace.Inputs.Prediction + ((nint)image * segment.Channels * input.Pixels) + (row * input.Width);
        for (var column = 0; column < input.Width; column++, y++, x += segment.Stride)
        {
            for (var c = 0; c < segment.Channels; c++)
            {
                y[c * input.Pixels] = x[c];
            }
        }
    }
}
