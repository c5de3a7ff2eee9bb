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
    private readonly Action<int, int> transpose;
    private readonly Action<int, int> attend;
    private Workspace workspace = null!;

    public Attention(View q, View k, View v, Segment output, int heads)
    {
        inputs = [q, k, v];
        (this.output, this.heads, width, pixels) = (output, heads, output.Channels / heads, q.Pixels);
        (transpose, attend) = (Transpose, Attend);
    }

    private static int Columns => 2 * T.Width;

    private int Panels => (pixels + PackedWeights.Panel - 1) / PackedWeights.Panel;

    private nint HeadFloats => (nint)Panels * width * PackedWeights.Panel;

    // Whole pairs of the widest vectors, and a cache line so that rows do not compete for the same lines.
    private nint ScoreRow => ((pixels + 31) & ~31) + Lanes;

    private int Blocks => (pixels + BlockQueries - 1) / BlockQueries;

    public ScratchNeed Scratch(int images, int threads) => new(images * heads * (long)HeadFloats, BlockQueries * (ScoreRow + Columns));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var all = workspace.Count(inputs[0].PerCondition) * heads;
        workspace.Team.For(all * Panels, transpose);
        workspace.Team.For(all * Blocks, attend);
    }

    private float* Input(int index, int image, int head, int pixel) =>
        inputs[index].Of(inputs[index].Segments[0], workspace).At(image, pixel) + (head * width);

    // kᵀ in panels of 16 keys, as the matrix tiles read it; keys past the last are zero.
    private void Transpose(int worker, int item)
    {
        var (at, panel) = Math.DivRem(item, Panels);
        var destination = workspace.Shared + (at * HeadFloats) + ((nint)panel * width * PackedWeights.Panel);
        for (var lane = 0; lane < PackedWeights.Panel; lane++)
        {
            var pixel = (panel * PackedWeights.Panel) + lane;
            var key = Input(1, at / heads, at % heads, Math.Min(pixel, pixels - 1));
            for (var c = 0; c < width; c++)
            {
                destination[(c * PackedWeights.Panel) + lane] = pixel < pixels ? key[c] : 0;
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

        var v = Input(2, image, head, 0);
        var (rowOut, rowIn) = (output.Stride, inputs[2].Segments[0].Stride);
        var y = workspace.Pointer(output.Buffer) + ((((nint)image * pixels) + first) * rowOut) + (head * width);
        for (var column = 0; column < width; column += Columns)
        {
            MatrixTile.Multiply<T>(queries, scores, ScoreRow, v + column, 1, 0, rowIn, T.Width, pixels, sums, Columns, false);
            for (var i = 0; i < queries; i++)
            {
                for (var c = 0; c < Math.Min(Columns, width - column); c++)
                {
                    y[(i * rowOut) + column + c] = sums[(i * Columns) + c] * inverse[i];
                }
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

    private void Score(int image, int head, int first, int queries, float* scores)
    {
        var keys = workspace.Shared + (((nint)(image * heads) + head) * HeadFloats);
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
