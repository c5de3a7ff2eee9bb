using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>
/// softmax(q)/√d · (softmax(k)ᵀ·v) for each head: q over its channels, k over the learned keys and the pixels. First each head's d×d product of
/// keys and values, one chain of additions over the keys, then the pixels in blocks.
/// </summary>
internal sealed unsafe class LinearAttention<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private const int BlockKeys = 128;

    // A cache line more, so that rows do not compete for the same lines.
    private const int KeyRow = BlockKeys + 16;

    private readonly AttentionHeads heads;
    private readonly int width;
    private readonly AttentionMemory? memory;
    private readonly Action<int, int> summarise;
    private readonly Action<int, int> attend;
    private Workspace workspace = null!;

    public LinearAttention(View[] qkv, Segment output, int heads, AttentionMemory? memory)
    {
        this.heads = new AttentionHeads(qkv, output, heads, memory);
        (this.memory, width) = (memory, this.heads.Width);
        (summarise, attend) = (Summarise, Attend);
    }

    private static int Columns => 2 * T.Width;

    // Whole pairs of the widest vectors.
    private int Row => (width + 31) & ~31;

    public ScratchNeed Scratch(int images, int threads) => new(
        images * heads.Count * (long)width * Row,
        Math.Max((3 * Row) + ((long)width * KeyRow), AttentionHeads.BlockQueries * (long)(Row + Columns)));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var all = heads.All(workspace);
        workspace.Team.For(all, summarise);
        workspace.Team.For(all * heads.Blocks, attend);
    }

    private float* Summary(int at) => workspace.Shared + ((nint)at * width * Row);

    private void Summarise(int worker, int at)
    {
        var (image, head) = Math.DivRem(at, heads.Count);
        float* k = heads.Input(workspace, 1, image, head, 0), v = heads.Input(workspace, 2, image, head, 0);
        nint kRow = heads.Stride(1), vRow = heads.Stride(2);
        float* largest = workspace.Own(worker), sums = largest + Row;
        new Span<float>(largest, Row).Fill(float.NegativeInfinity);
        new Span<float>(sums, Row).Clear();
        if (memory is null)
        {
            Largest(k, kRow, heads.Pixels, largest);
            Add(k, kRow, v, vRow, heads.Pixels, largest, Summary(at), accumulate: false);
        }
        else
        {
            float* learnedKeys = heads.Learned(1, head, 0), learnedValues = heads.Learned(2, head, 0);
            Largest(learnedKeys, memory.Stride, memory.Count, largest);
            Largest(k, kRow, heads.Pixels, largest);
            Add(learnedKeys, memory.Stride, learnedValues, memory.Stride, memory.Count, largest, Summary(at), accumulate: false);
            Add(k, kRow, v, vRow, heads.Pixels, largest, Summary(at), accumulate: true);
        }

        var scale = 1 / Math.Sqrt(width);
        for (var c = 0; c < width; c++)
        {
            var row = Summary(at) + ((nint)c * Row);
            Rows.Scale<T>(row, (float)(scale / sums[c]), null, row, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Largest(float* k, nint row, int count, float* largest)
    {
        for (var i = 0; i < count; i++, k += row)
        {
            for (nint c = 0; c < width; c += T.Width)
            {
                T.Store(T.Max(T.Load(k + c), T.Load(largest + c)), largest + c);
            }
        }
    }

    // Adds keysᵀ·values to the summary; the exponentials' sums lie behind the largest keys, then one key's and those of a block, transposed.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(float* k, nint kRow, float* v, nint vRow, int count, float* largest, float* summary, bool accumulate)
    {
        float* sums = largest + Row, key = sums + Row, block = key + Row;
        for (var first = 0; first < count; first += BlockKeys, v += BlockKeys * vRow)
        {
            var keys = Math.Min(BlockKeys, count - first);
            for (var i = 0; i < keys; i++, k += kRow)
            {
                for (nint c = 0; c < width; c += T.Width)
                {
                    var e = Activation.Exp(T.Subtract(T.Load(k + c), T.Load(largest + c)));
                    T.Store(T.Add(T.Load(sums + c), e), sums + c);
                    T.Store(e, key + c);
                }

                for (nint c = 0; c < width; c++)
                {
                    block[(c * KeyRow) + i] = key[c];
                }
            }

            for (var column = 0; column < width; column += Columns)
            {
                MatrixTile.Multiply<T>(width, block, KeyRow, v + column, 1, 0, vRow, T.Width, keys, summary + column, Row, accumulate || first > 0);
            }
        }
    }

    private void Attend(int worker, int item)
    {
        var block = heads.BlockOf(item);
        var summary = Summary((block.Image * heads.Count) + block.Head);
        var q = workspace.Own(worker);
        var sums = q + (AttentionHeads.BlockQueries * Row);
        var inverse = stackalloc float[AttentionHeads.BlockQueries];
        for (var i = 0; i < block.Queries; i++)
        {
            var row = q + (i * Row);
            new Span<float>(heads.Input(workspace, 0, block.Image, block.Head, block.First + i), width).CopyTo(new Span<float>(row, width));
            inverse[i] = 1 / Softmax.Exponentials<T>(row, width, scale: 1);
        }

        for (var column = 0; column < width; column += Columns)
        {
            MatrixTile.Multiply<T>(block.Queries, q, Row, summary + column, 1, 0, Row, T.Width, width, sums, Columns, false);
            heads.Write<T>(workspace, block, column, sums, Columns, inverse);
        }
    }
}
