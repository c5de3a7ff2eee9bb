using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>
/// The gradients of softmax(q)/√d · (softmax(k)ᵀ·v), see <see cref="LinearAttention{T}"/>, for q, k, v and the learned keys and values, a head
/// at a time. With q' and k' the softmaxes, S = k'ᵀ·v and R = q'ᵀ·dO/√d: dq' = dO·Sᵀ/√d, dv = k'·R and dk' = v·Rᵀ; what a softmax takes
/// off its gradient is Σ q'∘dq' for each pixel and Σ k'∘dk' = Σ R∘S for each channel. Sums over keys are chains in the order of the keys,
/// the learned ones first; those over queries in the order of the pixels.
/// </summary>
internal sealed unsafe class LinearAttentionGradient<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private const int BlockRows = 96;
    private const int Apart = Prefetch.LineFloats;

    private readonly AttentionHeads heads;
    private readonly AttentionMemory? memory;
    private readonly Segment outputGradient;
    private readonly AttentionGradientOutputs outputs;
    private readonly int width;
    private readonly int pixels;
    private readonly int learned;
    private readonly Action<int, int> attend;
    private Workspace workspace = null!;

    /// <param name="qkv">What the attention read.</param>
    /// <param name="outputGradient">The gradient of its result.</param>
    /// <param name="outputs">Where those of what it read go.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="memory">Learned keys and values, or null.</param>
    public LinearAttentionGradient(View[] qkv, Segment outputGradient, AttentionGradientOutputs outputs, int heads, AttentionMemory? memory)
    {
        Debug.Assert(new[] { outputs.Q, outputs.K, outputs.V }.All(s => s.Channels == outputGradient.Channels), "shapes must be equal");
        Debug.Assert((memory is null) == (outputs.Memory is null), "learned keys have a gradient");
        this.heads = new AttentionHeads(qkv, outputGradient, heads, memory);
        (this.memory, this.outputGradient, this.outputs) = (memory, outputGradient, outputs);
        (width, pixels, learned) = (this.heads.Width, this.heads.Pixels, memory?.Count ?? 0);
        attend = Attend;
    }

    private static int Columns => 2 * T.Width;

    private int Padded => Panels.Round(width);

    private nint Row => Padded + Apart;

    private nint Square => (nint)width * Row;

    private nint BlockFloats => BlockRows * Row;

    public ScratchNeed Scratch(int images, int threads) => new(0, (3 * Row) + (4 * Square) + (4 * BlockFloats));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(heads.All(workspace), attend);
    }

    private void Attend(int worker, int at)
    {
        var (image, head) = Math.DivRem(at, heads.Count);
        float* largest = workspace.Own(worker), inverse = largest + Row, means = inverse + Row;
        float* s = means + Row, transposedS = s + Square, r = transposedS + Square, transposedR = r + Square;
        float* a = transposedR + Square, b = a + BlockFloats, first = b + BlockFloats, second = first + BlockFloats;
        var scale = 1 / Math.Sqrt(width);
        Largest(image, head, largest);
        Summarise(image, head, largest, inverse, s, a, b);
        Transpose(s, (float)scale, transposedS);
        Query(image, head, transposedS, r, a, b, first);
        for (var c = 0; c < width; c++)
        {
            Rows.Scale<T>(r + (c * Row), (float)scale, null, r + (c * Row), Padded);
            means[c] = Dot(r + (c * Row), s + (c * Row));
        }

        Transpose(r, 1, transposedR);
        Key(image, head, largest, inverse, means, r, transposedR, a, b, first, second);
        if (head == heads.Count - 1)
        {
            ClearBehind(image);
        }
    }

    // Keys and values, the learned ones first.
    private float* KeyOrValue(int index, int image, int head, int key) =>
        key < learned ? heads.Learned(index, head, key) : heads.Input(workspace, index, image, head, key - learned);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Largest(int image, int head, float* largest)
    {
        new Span<float>(largest, Padded).Fill(float.NegativeInfinity);
        for (var key = 0; key < learned + pixels; key++)
        {
            var k = KeyOrValue(1, image, head, key);
            nint c = 0;
            for (; c + T.Width <= width; c += T.Width)
            {
                T.Store(T.Max(T.Load(k + c), T.Load(largest + c)), largest + c);
            }

            for (; c < width; c++)
            {
                largest[c] = Math.Max(k[c], largest[c]);
            }
        }

        new Span<float>(largest + width, Padded - width).Clear();
    }

    // S, and the inverse of what the exponentials of each channel add up to.
    private void Summarise(int image, int head, float* largest, float* inverse, float* s, float* exponentials, float* values)
    {
        new Span<float>(inverse, Padded).Clear();
        for (var first = 0; first < learned + pixels; first += BlockRows)
        {
            var count = Math.Min(BlockRows, learned + pixels - first);
            LoadKeys(image, head, first, count, largest, exponentials, values);
            Add(exponentials, count, inverse);
            for (var column = 0; column < width; column += Columns)
            {
                OuterTile.Multiply<T>(width, exponentials, Row, values + column, Row, count, s + column, Row, first > 0);
            }
        }

        for (var c = 0; c < width; c++)
        {
            inverse[c] = 1 / inverse[c];
            Rows.Scale<T>(s + (c * Row), inverse[c], null, s + (c * Row), Padded);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void LoadKeys(int image, int head, int first, int count, float* largest, float* exponentials, float* values)
    {
        for (var i = 0; i < count; i++, exponentials += Row, values += Row)
        {
            Panels.Copy(KeyOrValue(1, image, head, first + i), width, exponentials, Padded);
            Panels.Copy(KeyOrValue(2, image, head, first + i), width, values, Padded);
            for (nint c = 0; c < width; c += T.Width)
            {
                T.Store(Activation.Exp(T.Subtract(T.Load(exponentials + c), T.Load(largest + c))), exponentials + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(float* rows, int count, float* sums)
    {
        for (nint c = 0; c < width; c += T.Width)
        {
            var sum = T.Load(sums + c);
            for (nint i = 0; i < count; i++)
            {
                sum = T.Add(sum, T.Load(rows + (i * Row) + c));
            }

            T.Store(sum, sums + c);
        }
    }

    private void Transpose(float* matrix, float factor, float* transposed)
    {
        new Span<float>(transposed, (int)Square).Clear();
        for (nint i = 0; i < width; i++)
        {
            for (nint c = 0; c < width; c++)
            {
                transposed[(c * Row) + i] = factor * matrix[(i * Row) + c];
            }
        }
    }

    private float Dot(float* a, float* b)
    {
        var sum = 0.0;
        for (var c = 0; c < width; c++)
        {
            sum += (double)a[c] * b[c];
        }

        return (float)sum;
    }

    // dq, and R without its scale.
    private void Query(int image, int head, float* transposedS, float* r, float* q, float* gradients, float* derivative)
    {
        for (var first = 0; first < pixels; first += BlockRows)
        {
            var count = Math.Min(BlockRows, pixels - first);
            for (var i = 0; i < count; i++)
            {
                var row = q + (i * Row);
                Panels.Copy(heads.Input(workspace, 0, image, head, first + i), width, row, Padded);
                Panels.Copy(Place(outputGradient, image, head, first + i), width, gradients + (i * Row), Padded);
                Rows.Scale<T>(row, 1 / Softmax.Exponentials<T>(row, width, scale: 1), null, row, Padded);
            }

            for (var column = 0; column < width; column += Columns)
            {
                OuterTile.Multiply<T>(width, q, Row, gradients + column, Row, count, r + column, Row, first > 0);
                MatrixTile.Multiply<T>(count, gradients, Row, transposedS + column, 1, 0, Row, T.Width, width, derivative + column, Row, false);
            }

            for (var i = 0; i < count; i++)
            {
                Softmax.Derive<T>(q + (i * Row), derivative + (i * Row), width);
                new Span<float>(derivative + (i * Row), width).CopyTo(new Span<float>(Place(outputs.Q, image, head, first + i), width));
            }
        }
    }

    // dk and dv.
    private void Key(int image, int head, float* largest, float* inverse, float* means, float* r, float* transposedR, float* k, float* v, float* keyGradients, float* valueGradients)
    {
        for (var first = 0; first < learned + pixels; first += BlockRows)
        {
            var count = Math.Min(BlockRows, learned + pixels - first);
            LoadKeys(image, head, first, count, largest, k, v);
            Normalise(k, count, inverse);
            for (var column = 0; column < width; column += Columns)
            {
                MatrixTile.Multiply<T>(count, k, Row, r + column, 1, 0, Row, T.Width, width, valueGradients + column, Row, false);
                MatrixTile.Multiply<T>(count, v, Row, transposedR + column, 1, 0, Row, T.Width, width, keyGradients + column, Row, false);
            }

            Derive(k, keyGradients, count, means);
            for (var i = 0; i < count; i++)
            {
                new Span<float>(keyGradients + (i * Row), width).CopyTo(new Span<float>(Place(0, image, head, first + i), width));
                new Span<float>(valueGradients + (i * Row), width).CopyTo(new Span<float>(Place(1, image, head, first + i), width));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalise(float* rows, int count, float* factors)
    {
        for (var i = 0; i < count; i++, rows += Row)
        {
            for (nint c = 0; c < width; c += T.Width)
            {
                T.Store(T.Multiply(T.Load(rows + c), T.Load(factors + c)), rows + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Derive(float* rows, float* gradients, int count, float* means)
    {
        for (var i = 0; i < count; i++, rows += Row, gradients += Row)
        {
            for (nint c = 0; c < width; c += T.Width)
            {
                T.Store(T.Multiply(T.Load(rows + c), T.Subtract(T.Load(gradients + c), T.Load(means + c))), gradients + c);
            }
        }
    }

    private float* Place(Segment segment, int image, int head, int pixel) =>
        workspace.Pointer(segment.Buffer) + ((((nint)image * pixels) + pixel) * segment.Stride) + (head * width);

    // The gradient of a key (0) or a value (1).
    private float* Place(int which, int image, int head, int key) => key >= learned
        ? Place(which == 0 ? outputs.K : outputs.V, image, head, key - learned)
        : workspace.Pointer(outputs.Memory!.Value) + (((((nint)image * 2) + which) * memory!.Count + key) * memory.Stride) + (head * width);

    private void ClearBehind(int image)
    {
        var padding = outputs.Q.Stride - outputs.Q.Channels;
        for (var key = 0; key < learned + pixels; key++)
        {
            new Span<float>(Place(0, image, heads.Count, key), padding).Clear();
            new Span<float>(Place(1, image, heads.Count, key), padding).Clear();
        }

        for (var pixel = 0; pixel < pixels; pixel++)
        {
            new Span<float>(Place(outputs.Q, image, heads.Count, pixel), padding).Clear();
        }
    }
}
