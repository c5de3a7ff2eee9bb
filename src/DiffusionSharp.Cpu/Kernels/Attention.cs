using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>softmax(q·kᵀ/√d)·v for each head, a block of queries at a time: no more than a block's scores exist at once.</summary>
internal sealed unsafe class Attention<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private const int BlockQueries = 24;
    private const int Lanes = 16;

    private readonly View[] inputs;
    private readonly Segment output;
    private readonly int heads;
    private readonly int width;
    private readonly int pixels;
    private readonly Action<int, int> arrange;
    private readonly Action<int, int> attend;
    private Workspace workspace = null!;

    public Attention(View q, View k, View v, Segment output, int heads)
    {
        inputs = [q, k, v];
        Debug.Assert(inputs.All(i => i.IsPlain && i.Pixels == q.Pixels && i.PerCondition == q.PerCondition && i.Channels == output.Channels), "shapes must be equal");
        Debug.Assert(output.Channels % heads == 0, "heads must share out the channels");
        (this.output, this.heads, width, pixels) = (output, heads, output.Channels / heads, q.Pixels);
        (arrange, attend) = (Arrange, Attend);
    }

    private static int Columns => 2 * T.Width;

    private int Panels => (pixels + PackedWeights.Panel - 1) / PackedWeights.Panel;

    private nint KeyFloats => (nint)Panels * width * PackedWeights.Panel;

    // Two vectors of the widest kind are read together.
    private nint ValueFloats => (nint)((width + 31) & ~31) * pixels;

    // Whole pairs of the widest vectors, and a cache line so that rows do not compete for the same lines.
    private nint ScoreRow => ((pixels + 31) & ~31) + Lanes;

    private int Blocks => (pixels + BlockQueries - 1) / BlockQueries;

    public ScratchNeed Scratch(int images, int threads) => new(images * heads * (long)(KeyFloats + ValueFloats), BlockQueries * (ScoreRow + Columns));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var all = workspace.Count(inputs[0].PerCondition) * heads;
        workspace.Team.For(all * Panels, arrange);
        workspace.Team.For(all * Blocks, attend);
    }

    private float* Keys(int at) => workspace.Shared + (at * (KeyFloats + ValueFloats));

    private float* Values(int at) => Keys(at) + KeyFloats;

    private nint ValueColumn(int channel) => ((nint)(channel / PackedWeights.Panel) * pixels * PackedWeights.Panel) + (channel % PackedWeights.Panel);

    private float* Input(int index, int image, int head, int pixel) =>
        inputs[index].Of(inputs[index].Segments[0], workspace).At(image, pixel) + (head * width);

    // kᵀ in panels of 16 keys and v in panels of 16 channels, as the matrix tiles read them: rows that lie a power of two apart compete for
    // the same lines of the cache. Keys past the last are zero.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Arrange(int worker, int item)
    {
        var (at, panel) = Math.DivRem(item, Panels);
        var (image, head) = Math.DivRem(at, heads);
        var first = panel * PackedWeights.Panel;
        var count = Math.Min(PackedWeights.Panel, pixels - first);
        var keys = Keys(at) + ((nint)first * width);
        var key = Input(1, image, head, first);
        nint row = inputs[1].Segments[0].Stride;
        for (nint c = 0; c < width; c++, keys += PackedWeights.Panel)
        {
            for (var lane = 0; lane < PackedWeights.Panel; lane++)
            {
                keys[lane] = lane < count ? key[(lane * row) + c] : 0;
            }
        }

        for (var pixel = first; pixel < first + count; pixel++)
        {
            var value = Input(2, image, head, pixel);
            var destination = Values(at) + ((nint)pixel * PackedWeights.Panel);
            for (var c = 0; c < width; c += PackedWeights.Panel, destination += (nint)pixels * PackedWeights.Panel)
            {
                var channels = Math.Min(PackedWeights.Panel, width - c);
                new Span<float>(value + c, channels).CopyTo(new Span<float>(destination, channels));
            }
        }
    }

    private void Attend(int worker, int item)
    {
        var (at, block) = Math.DivRem(item, Blocks);
        var (image, head) = Math.DivRem(at, heads);
        var (first, queries) = (block * BlockQueries, Math.Min(BlockQueries, pixels - (block * BlockQueries)));
        var scores = workspace.Own(worker);
        var sums = scores + (BlockQueries * ScoreRow);
        Score(image, head, first, queries, scores);
        var inverse = stackalloc float[BlockQueries];
        for (var i = 0; i < queries; i++)
        {
            inverse[i] = 1 / Softmax(scores + (i * ScoreRow));
        }

        var rowOut = output.Stride;
        var y = workspace.Pointer(output.Buffer) + ((((nint)image * pixels) + first) * rowOut) + (head * width);
        for (var column = 0; column < width; column += Columns)
        {
            MatrixTile.Multiply<T>(queries, scores, ScoreRow, Values(at) + ValueColumn(column), 1, 0, PackedWeights.Panel, ValueColumn(T.Width), pixels, sums, Columns, false);
            for (var i = 0; i < queries; i++)
            {
                Scale(sums + (i * Columns), inverse[i], y + (i * rowOut) + column, Math.Min(Columns, width - column));
            }
        }

        if (head == heads - 1)
        {
            for (var i = 0; i < queries; i++)
            {
                new Span<float>(y + (i * rowOut) + width, rowOut - output.Channels).Clear();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* x, float factor, float* y, int count)
    {
        var c = 0;
        for (; c + T.Width <= count; c += T.Width)
        {
            T.Store(T.Multiply(T.Load(x + c), T.Broadcast(factor)), y + c);
        }

        for (; c < count; c++)
        {
            y[c] = x[c] * factor;
        }
    }

    private void Score(int image, int head, int first, int queries, float* scores)
    {
        var keys = Keys((image * heads) + head);
        var row = inputs[0].Segments[0].Stride;
        for (var column = 0; column < pixels; column += Columns)
        {
            // Where the second vector has no panel, the first is taken twice.
            var step = column + T.Width < Panels * PackedWeights.Panel ? Column(column + T.Width) - Column(column) : 0;
            MatrixTile.Multiply<T>(queries, Input(0, image, head, first), row, keys + Column(column), 1, 0, PackedWeights.Panel, step, width, scores + column, ScoreRow, false);
        }
    }

    private nint Column(int key) => ((nint)(key / PackedWeights.Panel) * width * PackedWeights.Panel) + (key % PackedWeights.Panel);

    // Scores become e^(score - largest); returns their sum, added in 16 lanes whatever the vectors' width.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Softmax(float* scores)
    {
        var scale = (float)(1 / Math.Sqrt(width));
        var largest = float.NegativeInfinity;
        for (var i = 0; i < pixels; i++)
        {
            largest = Math.Max(largest, scores[i]);
        }

        var end = (pixels + Lanes - 1) & ~(Lanes - 1);
        var (factor, offset) = (T.Broadcast(scale), T.Broadcast(-scale * largest));
        for (var i = 0; i < end; i += T.Width)
        {
            T.Store(Activation.Exp(T.Fma(T.Load(scores + i), factor, offset)), scores + i);
        }

        new Span<float>(scores + pixels, end - pixels).Clear();
        var lanes = stackalloc float[Lanes];
        for (var lane = 0; lane < Lanes; lane += T.Width)
        {
            var sum = T.Zero;
            for (var i = lane; i < end; i += Lanes)
            {
                sum = T.Add(sum, T.Load(scores + i));
            }

            T.Store(sum, lanes + lane);
        }

        var total = 0f;
        for (var lane = 0; lane < Lanes; lane++)
        {
            total += lanes[lane];
        }

        return total;
    }
}
