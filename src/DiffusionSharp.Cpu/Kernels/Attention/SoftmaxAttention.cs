using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>softmax(q·kᵀ/√d)·v for each head, plus an image of its shape if there is one, a block of queries at a time: no more than a block's scores exist at once.</summary>
internal sealed unsafe class SoftmaxAttention<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly AttentionHeads heads;
    private readonly int width;
    private readonly int pixels;
    private readonly int learned;
    private readonly int? residual;
    private readonly Action<int, int> arrange;
    private readonly Action<int, int> attend;
    private Workspace workspace = null!;

    public SoftmaxAttention(View[] qkv, Segment output, int heads, AttentionMemory? memory, int? residual)
    {
        this.residual = residual;
        this.heads = new AttentionHeads(qkv, output, heads, memory);
        (width, pixels, learned) = (this.heads.Width, this.heads.Pixels, memory?.Count ?? 0);
        (arrange, attend) = (Arrange, Attend);
    }

    private static int Columns => 2 * T.Width;

    // The image's, then the learned ones.
    private int KeyCount => pixels + learned;

    private int Panels => (KeyCount + PanelLayout.Panel - 1) / PanelLayout.Panel;

    private nint KeyFloats => (nint)Panels * width * PanelLayout.Panel;

    // Two vectors of the widest kind are read together.
    private nint ValueFloats => (nint)((width + 31) & ~31) * KeyCount;

    // Whole pairs of the widest vectors, and a cache line so that rows do not compete for the same lines.
    private nint ScoreRow => ((KeyCount + 31) & ~31) + Rows.Lanes;

    public ScratchNeed Scratch(int images, int threads) => new(images * heads.Count * (long)(KeyFloats + ValueFloats), AttentionHeads.BlockQueries * (ScoreRow + Columns));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var all = heads.All(workspace);
        workspace.Team.For(all * Panels, arrange);
        workspace.Team.For(all * heads.Blocks, attend);
    }

    private float* Keys(int at) => workspace.Shared + (at * (KeyFloats + ValueFloats));

    private float* Values(int at) => Keys(at) + KeyFloats;

    private nint ValueColumn(int channel) => ((nint)(channel / PanelLayout.Panel) * KeyCount * PanelLayout.Panel) + (channel % PanelLayout.Panel);

    private float* KeyOrValue(int index, int image, int head, int key) =>
        key < pixels ? heads.Input(workspace, index, image, head, key) : heads.Learned(index, head, key - pixels);

    // kᵀ in panels of 16 keys and v in panels of 16 channels, as the matrix tiles read them: rows that lie a power of two apart compete for
    // the same lines of the cache. Keys past the last are zero.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Arrange(int worker, int item)
    {
        var (at, panel) = Math.DivRem(item, Panels);
        var (image, head) = Math.DivRem(at, heads.Count);
        var first = panel * PanelLayout.Panel;
        var count = Math.Min(PanelLayout.Panel, KeyCount - first);
        var keys = Keys(at) + ((nint)first * width);
        var rows = stackalloc float*[PanelLayout.Panel];
        for (var lane = 0; lane < count; lane++)
        {
            rows[lane] = KeyOrValue(1, image, head, first + lane);
        }

        for (nint c = 0; c < width; c++, keys += PanelLayout.Panel)
        {
            for (var lane = 0; lane < PanelLayout.Panel; lane++)
            {
                keys[lane] = lane < count ? rows[lane][c] : 0;
            }
        }

        for (var i = first; i < first + count; i++)
        {
            var value = KeyOrValue(2, image, head, i);
            var destination = Values(at) + ((nint)i * PanelLayout.Panel);
            for (var c = 0; c < width; c += PanelLayout.Panel, destination += (nint)KeyCount * PanelLayout.Panel)
            {
                var channels = Math.Min(PanelLayout.Panel, width - c);
                new Span<float>(value + c, channels).CopyTo(new Span<float>(destination, channels));
            }
        }
    }

    private void Attend(int worker, int item)
    {
        var block = heads.BlockOf(item);
        var at = (block.Image * heads.Count) + block.Head;
        var scores = workspace.Own(worker);
        var sums = scores + (AttentionHeads.BlockQueries * ScoreRow);
        Score(block, Keys(at), scores);
        var inverse = stackalloc float[AttentionHeads.BlockQueries];
        for (var i = 0; i < block.Queries; i++)
        {
            inverse[i] = 1 / Softmax.Exponentials<T>(scores + (i * ScoreRow), KeyCount, (float)(1 / Math.Sqrt(width)));
        }

        for (var column = 0; column < width; column += Columns)
        {
            MatrixTile.Multiply<T>(block.Queries, scores, ScoreRow, Values(at) + ValueColumn(column), 1, 0, PanelLayout.Panel, ValueColumn(T.Width), KeyCount, sums, Columns, false);
            heads.Write<T>(workspace, block, column, sums, Columns, inverse, residual);
        }
    }

    private void Score(AttentionHeads.Block block, float* keys, float* scores)
    {
        var queries = heads.Input(workspace, 0, block.Image, block.Head, block.First);
        for (var column = 0; column < KeyCount; column += Columns)
        {
            // Where the second vector has no panel, the first is taken twice.
            var step = column + T.Width < Panels * PanelLayout.Panel ? Column(column + T.Width) - Column(column) : 0;
            MatrixTile.Multiply<T>(block.Queries, queries, heads.Stride(0), keys + Column(column), 1, 0, PanelLayout.Panel, step, width, scores + column, ScoreRow, false);
        }
    }

    private nint Column(int key) => ((nint)(key / PanelLayout.Panel) * width * PanelLayout.Panel) + (key % PanelLayout.Panel);
}
