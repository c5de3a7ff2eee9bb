using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>The mean of an image's pixels, then the pixels, each plus the vector of its position. The mean is added up in float64, in the order of the pixels.</summary>
internal sealed unsafe class PoolTokens : IStep
{
    private readonly View input;
    private readonly Segment output;
    private readonly ParameterPlace positions;
    private readonly Action<int, int> image;
    private Workspace workspace = null!;

    /// <param name="input">The pixels.</param>
    /// <param name="output">Receives the tokens.</param>
    /// <param name="positions">A vector for each token.</param>
    public PoolTokens(View input, Segment output, ParameterPlace positions)
    {
        Debug.Assert(input.IsPlain && input.Channels == output.Channels, "channels must be equal");
        (this.input, this.output, this.positions, image) = (input, output, positions, Image);
    }

    // float64 values of all channels.
    public ScratchNeed Scratch(int images, int threads) => new(0, 2 * output.Stride);

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Count(input.PerCondition), image);
    }

    private void Image(int worker, int image)
    {
        int stride = output.Stride, pixels = input.Pixels;
        var sums = new Span<double>(workspace.Own(worker), stride);
        sums.Clear();
        var x = input.Locate(input.Segments[0], workspace).At(image, 0);
        float* first = workspace.Pointer(output.Buffer) + ((nint)image * (pixels + 1) * stride), y = first + stride, add = positions.Floats + stride;
        for (var pixel = 0; pixel < pixels; pixel++, x += stride, y += stride, add += stride)
        {
            for (var c = 0; c < stride; c++)
            {
                var value = c < output.Channels ? x[c] : 0;
                sums[c] += value;
                y[c] = value + add[c];
            }
        }

        for (var c = 0; c < stride; c++)
        {
            first[c] = (float)(sums[c] / pixels) + positions.Floats[c];
        }
    }
}
