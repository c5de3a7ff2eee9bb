using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>Where an attention reads q, k and v of each head and writes its result: one block of an image's pixels at a time.</summary>
internal sealed unsafe class AttentionHeads
{
    /// <summary>Pixels of a block at most.</summary>
    public const int BlockQueries = 24;

    private readonly View[] inputs;
    private readonly Segment output;
    private readonly AttentionMemory? memory;

    public AttentionHeads(View[] qkv, Segment output, int count, AttentionMemory? memory)
    {
        Debug.Assert(qkv.All(i => i.IsPlain && i.Pixels == qkv[0].Pixels && i.PerCondition == qkv[0].PerCondition && i.Channels == output.Channels), "shapes must be equal");
        Debug.Assert(output.Channels % count == 0, "heads must share out the channels");
        (inputs, this.output, this.memory, Count, Width, Pixels) = (qkv, output, memory, count, output.Channels / count, qkv[0].Pixels);
    }

    /// <summary>Heads.</summary>
    public int Count { get; }

    /// <summary>Channels of a head.</summary>
    public int Width { get; }

    /// <summary>Pixels of an image.</summary>
    public int Pixels { get; }

    /// <summary>Blocks of an image.</summary>
    public int Blocks => (Pixels + BlockQueries - 1) / BlockQueries;

    /// <summary>Heads of all images.</summary>
    public int All(Workspace workspace) => workspace.Count(inputs[0].PerCondition) * Count;

    /// <summary>Values between pixels of q (0), k (1) or v (2).</summary>
    public int Stride(int index) => inputs[index].Segments[0].Stride;

    /// <summary>A head's channels of a pixel of q (0), k (1) or v (2).</summary>
    public float* Input(Workspace workspace, int index, int image, int head, int pixel) =>
        inputs[index].Locate(inputs[index].Segments[0], workspace).At(image, pixel) + (head * Width);

    /// <summary>A head's channels of a learned key (1) or value (2).</summary>
    public float* Learned(int index, int head, int key) => memory!.Row(index - 1, key) + (head * Width);

    /// <summary>The block of a piece of work.</summary>
    public Block BlockOf(int item)
    {
        var (at, block) = Math.DivRem(item, Blocks);
        var (image, head) = Math.DivRem(at, Count);
        var first = block * BlockQueries;
        return new Block(image, head, first, Math.Min(BlockQueries, Pixels - first));
    }

    /// <summary>Writes some columns of a block's result: each row by its factor, plus the same place of a buffer if there is one.</summary>
    public void Write<T>(Workspace workspace, Block block, int column, float* sums, int columns, float* factors, int? residual = null)
        where T : unmanaged, ISimd<T>
    {
        var place = ((((nint)block.Image * Pixels) + block.First) * output.Stride) + (block.Head * Width) + column;
        var y = workspace.Pointer(output.Buffer) + place;
        var added = residual is { } r ? workspace.Pointer(r) + place : null;
        var (rest, last) = (Width - column, block.Head == Count - 1 && column + columns >= Width);
        for (var i = 0; i < block.Queries; i++, y += output.Stride)
        {
            Rows.Scale<T>(sums + (i * columns), factors[i], added is null ? null : added + (i * output.Stride), y, Math.Min(columns, rest));
            if (last)
            {
                new Span<float>(y + rest, output.Stride - output.Channels).Clear();
            }
        }
    }

    /// <summary>Pixels of an image for one head.</summary>
    public readonly record struct Block(int Image, int Head, int First, int Queries);
}
