using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Sums;

/// <summary>Each image's sum over its pixels, the gradient of what was added to all of them, or their mean: one value a channel.</summary>
internal sealed unsafe class PixelSums<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly View input;
    private readonly Segment output;
    private readonly int? added;
    private readonly double divisor;
    private readonly Action<int, int> measure;
    private readonly Action<int, int> combine;
    private Workspace workspace = null!;

    /// <param name="input">What is added up.</param>
    /// <param name="output">Receives a row for each image.</param>
    /// <param name="added">A buffer of such rows that is added, or null.</param>
    /// <param name="mean">Whether the sums are divided by the pixels.</param>
    public PixelSums(View input, Segment output, int? added = null, bool mean = false)
    {
        Debug.Assert(input.IsPlain && input.Channels == output.Channels, "channels must be equal");
        divisor = mean ? input.Pixels : 1;
        (this.input, this.output, this.added, measure, combine) = (input, output, added, Measure, Combine);
    }

    private int Chunks => ChunkSums.Chunks(input.Pixels);

    public ScratchNeed Scratch(int images, int threads) => new((long)images * Chunks * output.Stride, 0);

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Count(input.PerCondition) * Chunks, measure);
        workspace.Team.For(workspace.Count(input.PerCondition), combine);
    }

    private void Measure(int worker, int item)
    {
        var (image, chunk) = Math.DivRem(item, Chunks);
        var x = input.Locate(input.Segments[0], workspace).At(image, chunk * ChunkSums.Pixels);
        ChunkSums.Add<T>(x, output.Stride, ChunkSums.PixelsOf(chunk, input.Pixels), workspace.Shared + ((nint)item * output.Stride));
    }

    private void Combine(int worker, int image)
    {
        var sums = workspace.Shared + ((nint)image * Chunks * output.Stride);
        var y = workspace.Pointer(output.Buffer) + ((nint)image * output.Stride);
        var other = added is { } a ? workspace.Pointer(a) + ((nint)image * output.Stride) : null;
        for (var c = 0; c < output.Channels; c++)
        {
            var sum = (float)(ChunkSums.Total(sums + c, Chunks, output.Stride) / divisor);
            y[c] = other is null ? sum : sum + other[c];
        }

        new Span<float>(y + output.Channels, output.Stride - output.Channels).Clear();
    }
}
