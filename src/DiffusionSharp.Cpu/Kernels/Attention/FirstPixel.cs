using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>The first pixel of each image.</summary>
internal sealed unsafe class FirstPixel : IStep
{
    private readonly View input;
    private readonly Segment output;

    public FirstPixel(View input, Segment output)
    {
        Debug.Assert(input.IsPlain && input.Channels == output.Channels, "channels must be equal");
        (this.input, this.output) = (input, output);
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        var x = input.Locate(input.Segments[0], workspace);
        for (var i = 0; i < workspace.Count(input.PerCondition); i++)
        {
            var y = new Span<float>(workspace.Pointer(output.Buffer) + ((nint)i * output.Stride), output.Stride);
            new Span<float>(x.At(i, 0), output.Channels).CopyTo(y);
            y[output.Channels..].Clear();
        }
    }
}
