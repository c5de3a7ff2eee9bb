using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>
/// Writes what other kernels only read: joined channels, repeated pixels, a border of zeros, a value of a condition for each image;
/// with pooling, the mean of 2×2 pixels.
/// </summary>
internal sealed unsafe class Copy : IStep
{
    private readonly View input;
    private readonly View output;
    private readonly bool pool;
    private readonly Action<int, int> row;
    private Workspace workspace = null!;

    /// <param name="input">What is read.</param>
    /// <param name="output">A plain view.</param>
    /// <param name="pool">Whether an output is the mean of 2×2 inputs.</param>
    public Copy(View input, View output, bool pool = false)
    {
        Debug.Assert(output.IsPlain && output.Channels == input.Channels, "channels must be equal");
        (this.input, this.output, this.pool) = (input, output, pool);
        row = Row;
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Count(output.PerCondition) * output.Height, row);
    }

    private void Row(int worker, int item)
    {
        var (image, y) = Math.DivRem(item, output.Height);
        var source = input.PerCondition && !output.PerCondition ? workspace.ConditionOf[image] : image;
        var destination = output.Locate(output.Segments[0], workspace).At(image, y * output.Width);
        var stride = output.Segments[0].Stride;
        for (var x = 0; x < output.Width; x++, destination += stride)
        {
            var channel = 0;
            foreach (var segment in input.Segments)
            {
                var target = new Span<float>(destination + channel, segment.Channels);
                if (pool)
                {
                    Pool(segment, source, 2 * y, 2 * x, target);
                }
                else if (input.Pixel(y, x) is >= 0 and var pixel)
                {
                    new Span<float>(input.Locate(segment, workspace).At(source, pixel), segment.Channels).CopyTo(target);
                }
                else
                {
                    target.Clear();
                }

                channel += segment.Channels;
            }

            new Span<float>(destination + channel, stride - channel).Clear();
        }
    }

    private void Pool(Segment segment, int image, int y, int x, Span<float> target)
    {
        var pixels = input.Locate(segment, workspace);
        float* a = pixels.At(image, input.Pixel(y, x)), b = pixels.At(image, input.Pixel(y, x + 1));
        float* c = pixels.At(image, input.Pixel(y + 1, x)), d = pixels.At(image, input.Pixel(y + 1, x + 1));
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = (a[i] + b[i] + (c[i] + d[i])) * 0.25f;
        }
    }
}
