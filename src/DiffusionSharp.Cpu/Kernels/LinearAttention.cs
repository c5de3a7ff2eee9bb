using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>
/// softmax(q)/√d · (softmax(k)ᵀ·v) for each head: q over its channels, k over the learned keys and the pixels. First each head's d×d product of
/// keys and values, one chain of additions over the keys, then the pixels in blocks.
/// </summary>
internal sealed unsafe class LinearAttention<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private const int BlockQueries = 24;
    private const int BlockKeys = 128;

    // A cache line more, so that rows do not compete for the same lines.
    private const int KeyRow = BlockKeys + 16;

    private readonly View[] inputs;
    private readonly Segment output;
    private readonly int heads;
    private readonly int width;
    private readonly int pixels;
    private readonly AttentionMemory? memory;
    private readonly Action<int, int> summarise;
    private readonly Action<int, int> attend;
    private Workspace workspace = null!;

    public LinearAttention(View[] qkv, Segment output, int heads, AttentionMemory? memory)
    {
        inputs = qkv;
        Debug.Assert(inputs.All(i => i.IsPlain && i.Pixels == qkv[0].Pixels && i.PerCondition == qkv[0].PerCondition && i.Channels == output.Channels), "shapes must be equal");
        Debug.Assert(output.Channels % heads == 0, "heads must share out the channels");
        (this.output, this.heads, this.memory, width, pixels) = (output, heads, memory, output.Channels / heads, qkv[0].Pixels);
        (summarise, attend) = (Summarise, Attend);
    }

    private static int Columns => 2 * T.Width;

    // Whole pairs of the widest vectors.
    private int Row => (width + 31) & ~31;

    private int Blocks => (pixels + BlockQueries - 1) / BlockQueries;

    public ScratchNeed Scratch(int images, int threads) => new(
        images * heads * (long)width * Row,
        Math.Max((3 * Row) + ((long)width * KeyRow), BlockQueries * (long)(Row + Columns)));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var all = workspace.Count(inputs[0].PerCondition) * heads;
        workspace.Team.For(all, summarise);
        workspace.Team.For(all * Blocks, attend);
    }

    private float* Summary(int at) => workspace.Shared + ((nint)at * width * Row);

    private float* Input(int index, int image, int head, int pixel) =>
        inputs[index].Of(inputs[index].Segments[0], workspace).At(image, pixel) + (head * width);

    private void Summarise(int worker, int at)
    {
        var (image, head) = Math.DivRem(at, heads);
        float* k = Input(1, image, head, 0), v = Input(2, image, head, 0);
        nint kRow = inputs[1].Segments[0].Stride, vRow = inputs[2].Segments[0].Stride;
        float* largest = workspace.Own(worker), sums = largest + Row;
        new Span<float>(largest, Row).Fill(float.NegativeInfinity);
        new Span<float>(sums, Row).Clear();
        if (memory is null)
        {
            Largest(k, kRow, pixels, largest);
            Add(k, kRow, v, vRow, pixels, largest, Summary(at), accumulate: false);
        }
        else
        {
            float* learnedKeys = memory.Row(0, 0) + (head * width), learnedValues = memory.Row(1, 0) + (head * width);
            Largest(learnedKeys, memory.Stride, memory.Count, largest);
            Largest(k, kRow, pixels, largest);
            Add(learnedKeys, memory.Stride, learnedValues, memory.Stride, memory.Count, largest, Summary(at), accumulate: false);
            Add(k, kRow, v, vRow, pixels, largest, Summary(at), accumulate: true);
        }

        var scale = 1 / Math.Sqrt(width);
        for (var c = 0; c < width; c++)
        {
            var row = Summary(at) + ((nint)c * Row);
            Softmax.Scale<T>(row, (float)(scale / sums[c]), row, width);
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

    // Adds keysᵀ·values to the summary; the exponentials' sums lie behind the largest keys, then one key's and those of a block, turned.
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
        var (at, block) = Math.DivRem(item, Blocks);
        var (image, head) = Math.DivRem(at, heads);
        var (first, queries) = (block * BlockQueries, Math.Min(BlockQueries, pixels - (block * BlockQueries)));
        var q = workspace.Own(worker);
        var sums = q + (BlockQueries * Row);
        var inverse = stackalloc float[BlockQueries];
        for (var i = 0; i < queries; i++)
        {
            var row = q + (i * Row);
            new Span<float>(Input(0, image, head, first + i), width).CopyTo(new Span<float>(row, width));
            inverse[i] = 1 / Softmax.Exponentials<T>(row, width, scale: 1);
        }

        var rowOut = output.Stride;
        var y = workspace.Pointer(output.Buffer) + ((((nint)image * pixels) + first) * rowOut) + (head * width);
        for (var column = 0; column < width; column += Columns)
        {
            MatrixTile.Multiply<T>(queries, q, Row, Summary(at) + column, 1, 0, Row, T.Width, width, sums, Columns, false);
            for (var i = 0; i < queries; i++)
            {
                Softmax.Scale<T>(sums + (i * Columns), inverse[i], y + (i * rowOut) + column, Math.Min(Columns, width - column));
            }
        }

        if (head == heads - 1)
        {
            output.ClearRest(y + width, queries);
        }
    }
}
