using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>
/// The gradients of softmax(q·kᵀ/√d)·v for q, k, v and the learned keys and values, a head at a time, its scores computed again, a block of
/// queries at a time: with P the softmax and dP = dO·vᵀ, dS = P∘(dP - Σ dP∘P), dq = dS·k/√d, dk = dSᵀ·q/√d, dv = Pᵀ·dO. The sums over
/// queries are chains in the order of the queries.
/// </summary>
internal sealed unsafe class AttentionGradient<T> : IStep
    where T : unmanaged, ISimd<T>
{
    // The sums over queries are loaded and stored once a block.
    private const int BlockQueries = 64;

    // Rows a cache line longer do not compete for the same lines.
    private const int Apart = Prefetch.LineFloats;

    private readonly AttentionHeads heads;
    private readonly AttentionMemory? memory;
    private readonly Segment outputGradient;
    private readonly AttentionGradientOutputs outputs;
    private readonly int width;
    private readonly int pixels;
    private readonly int keys;
    private readonly int block;
    private readonly float scale;
    private readonly Action<int, int> attend;
    private Workspace workspace = null!;

    /// <param name="qkv">What the attention read.</param>
    /// <param name="outputGradient">The gradient of its result.</param>
    /// <param name="outputs">Where those of what it read go.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="memory">Learned keys and values, or null.</param>
    public AttentionGradient(View[] qkv, Segment outputGradient, AttentionGradientOutputs outputs, int heads, AttentionMemory? memory)
    {
        Debug.Assert(new[] { outputs.Q, outputs.K, outputs.V }.All(s => s.Channels == outputGradient.Channels), "shapes must be equal");
        Debug.Assert((memory is null) == (outputs.Memory is null), "learned keys have a gradient");
        this.heads = new AttentionHeads(qkv, outputGradient, heads, memory);
        (this.memory, this.outputGradient, this.outputs) = (memory, outputGradient, outputs);
        (width, pixels) = (this.heads.Width, this.heads.Pixels);
        (keys, block, scale) = (pixels + (memory?.Count ?? 0), Math.Min(BlockQueries, pixels), (float)(1 / Math.Sqrt(width)));
        attend = Attend;
    }

    private static int Columns => 2 * T.Width;

    private int RoundedKeys => (keys + Rows.Lanes - 1) & ~(Rows.Lanes - 1);

    private nint Row => Panels.Round(width) + Apart;

    private nint ScoreRow => Panels.Round(keys) + Apart;

    private nint TransposedFloats => (nint)Panels.Round(keys) * width;

    private nint PanelFloats => (nint)Panels.Round(width) * keys;

    public ScratchNeed Scratch(int images, int threads) => new(0, (2 * TransposedFloats) + (3 * PanelFloats) + (block * ((2 * Row) + (2 * ScoreRow) + Columns)));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(heads.All(workspace), attend);
    }

    private void Attend(int worker, int at)
    {
        var (image, head) = Math.DivRem(at, heads.Count);
        float* transposedKeys = workspace.Own(worker), transposedValues = transposedKeys + TransposedFloats;
        float* keyPanels = transposedValues + TransposedFloats, keySums = keyPanels + PanelFloats, valueSums = keySums + PanelFloats;
        float* queries = valueSums + PanelFloats, gradients = queries + (block * Row);
        float* p = gradients + (block * Row), dp = p + (block * ScoreRow), sums = dp + (block * ScoreRow);
        Arrange(image, head, transposedKeys, transposedValues, keyPanels);
        for (var first = 0; first < pixels; first += block)
        {
            var count = Math.Min(block, pixels - first);
            for (var i = 0; i < count; i++)
            {
                Panels.Copy(heads.Input(workspace, 0, image, head, first + i), width, queries + (i * Row), Panels.Round(width));
                Panels.Copy(Place(outputGradient, image, head, first + i), width, gradients + (i * Row), Panels.Round(width));
            }

            // Up to the lanes in which sums are added.
            for (var column = 0; column < RoundedKeys; column += Columns)
            {
                var place = Panels.Place(column, width);
                MatrixTile.Multiply<T>(count, queries, Row, transposedKeys + place, 1, 0, Panels.Columns, T.Width, width, p + column, ScoreRow, false);
                MatrixTile.Multiply<T>(count, gradients, Row, transposedValues + place, 1, 0, Panels.Columns, T.Width, width, dp + column, ScoreRow, false);
            }

            for (var i = 0; i < count; i++)
            {
                Derive(p + (i * ScoreRow), dp + (i * ScoreRow));
            }

            for (var column = 0; column < width; column += Columns)
            {
                var place = Panels.Place(column, keys);
                OuterTile.Multiply<T>(keys, p, ScoreRow, gradients + column, Row, count, valueSums + place, Panels.Columns, first > 0);
                OuterTile.Multiply<T>(keys, dp, ScoreRow, queries + column, Row, count, keySums + place, Panels.Columns, first > 0);
                MatrixTile.Multiply<T>(count, dp, ScoreRow, keyPanels + place, 1, 0, Panels.Columns, T.Width, keys, sums, Columns, false);
                for (var i = 0; i < count; i++)
                {
                    var some = Math.Min(Columns, width - column);
                    new Span<float>(sums + (i * Columns), some).CopyTo(new Span<float>(Place(outputs.Q, image, head, first + i) + column, some));
                }
            }
        }

        Write(image, head, keySums, valueSums);
    }

    private void Arrange(int image, int head, float* transposedKeys, float* transposedValues, float* keyPanels)
    {
        var rows = stackalloc float*[2 * Panels.Columns];
        for (var first = 0; first < keys; first += Panels.Columns)
        {
            var count = Math.Min(Panels.Columns, keys - first);
            for (var i = 0; i < count; i++)
            {
                rows[i] = KeyOrValue(1, image, head, first + i);
                rows[Panels.Columns + i] = KeyOrValue(2, image, head, first + i);
                Panels.Write(rows[i], width, keyPanels, keys, first + i);
            }

            Panels.Transpose(rows, count, width, transposedKeys + ((nint)first * width));
            Panels.Transpose(rows + Panels.Columns, count, width, transposedValues + ((nint)first * width));
        }
    }

    private float* KeyOrValue(int index, int image, int head, int key) =>
        key < pixels ? heads.Input(workspace, index, image, head, key) : heads.Learned(index, head, key - pixels);

    private float* Place(Segment segment, int image, int head, int pixel) =>
        workspace.Pointer(segment.Buffer) + ((((nint)image * pixels) + pixel) * segment.Stride) + (head * width);

    // Scores become P, dP becomes dS/√d. Sums are added in 16 lanes; behind the keys both are zero.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Derive(float* p, float* dp)
    {
        const int Lanes = Rows.Lanes;
        var inverse = T.Broadcast(1 / Softmax.Exponentials<T>(p, keys, scale));
        var lanes = stackalloc float[Lanes];
        for (var lane = 0; lane < Lanes; lane += T.Width)
        {
            var sum = T.Zero;
            for (var i = lane; i < RoundedKeys; i += Lanes)
            {
                var value = T.Multiply(T.Load(p + i), inverse);
                T.Store(value, p + i);
                sum = T.Fma(value, T.Load(dp + i), sum);
            }

            T.Store(sum, lanes + lane);
        }

        var total = 0f;
        for (var lane = 0; lane < Lanes; lane++)
        {
            total += lanes[lane];
        }

        var (mean, factor) = (T.Broadcast(total), T.Broadcast(scale));
        for (var i = 0; i < RoundedKeys; i += T.Width)
        {
            T.Store(T.Multiply(T.Multiply(T.Load(p + i), factor), T.Subtract(T.Load(dp + i), mean)), dp + i);
        }
    }

    private void Write(int image, int head, float* keySums, float* valueSums)
    {
        for (var key = 0; key < keys; key++)
        {
            Panels.Read(keySums, keys, key, key < pixels ? Place(outputs.K, image, head, key) : Learned(0, image, head, key - pixels), width);
            Panels.Read(valueSums, keys, key, key < pixels ? Place(outputs.V, image, head, key) : Learned(1, image, head, key - pixels), width);
            if (head == heads.Count - 1)
            {
                ClearBehind(image, key);
            }
        }
    }

    private float* Learned(int which, int image, int head, int key) =>
        workspace.Pointer(outputs.Memory!.Value) + (((((nint)image * 2) + which) * memory!.Count + key) * memory.Stride) + (head * width);

    private void ClearBehind(int image, int key)
    {
        var padding = outputs.Q.Stride - outputs.Q.Channels;
        if (key < pixels)
        {
            new Span<float>(Place(outputs.Q, image, heads.Count, key), padding).Clear();
            new Span<float>(Place(outputs.K, image, heads.Count, key), padding).Clear();
            new Span<float>(Place(outputs.V, image, heads.Count, key), padding).Clear();
        }
        else
        {
            new Span<float>(Learned(0, image, heads.Count, key - pixels), padding).Clear();
            new Span<float>(Learned(1, image, heads.Count, key - pixels), padding).Clear();
        }
    }
}
