using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Pointwise;

/// <summary>The gradients of y = x·(1 + scale) + shift: dx = dy·(1 + scale), and over each image's pixels dscale = Σ dy·x, dshift = Σ dy.</summary>
internal sealed unsafe class ScaleShiftGradient<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly View input;
    private readonly Segment outputGradient;
    private readonly VectorSource vector;
    private readonly Segment inputGradient;
    private readonly Segment vectorGradient;
    private readonly int? added;
    private readonly Action<int, int> apply;
    private readonly Action<int, int> combine;
    private Workspace workspace = null!;

    /// <param name="input">x.</param>
    /// <param name="outputGradient">dy.</param>
    /// <param name="vector">Scale, then shift, of each image.</param>
    /// <param name="inputGradient">Receives dx.</param>
    /// <param name="vectorGradient">Receives the gradient of scale, then of shift, of each image.</param>
    /// <param name="added">A buffer of x's shape that is added to dx, or null.</param>
    public ScaleShiftGradient(View input, Segment outputGradient, VectorSource vector, Segment inputGradient, Segment vectorGradient, int? added = null)
    {
        Debug.Assert(input is { IsPlain: true, PerCondition: false } && input.Channels == outputGradient.Channels && input.Channels == inputGradient.Channels, "shapes must be equal");
        Debug.Assert(vectorGradient.Channels == 2 * input.Channels, "each channel has its scale and shift");
        (this.input, this.outputGradient, this.vector, this.inputGradient, this.vectorGradient, this.added) = (input, outputGradient, vector, inputGradient, vectorGradient, added);
        (apply, combine) = (Apply, Combine);
    }

    private int Chunks => ChunkSums.Chunks(input.Pixels);

    private int Stride => inputGradient.Stride;

    // Sums of dy·x, then of dy.
    public ScratchNeed Scratch(int images, int threads) => new((long)images * Chunks * 2 * Stride, 0);

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * Chunks, apply);
        workspace.Team.For(workspace.Images, combine);
    }

    private void Apply(int worker, int item)
    {
        var (image, chunk) = Math.DivRem(item, Chunks);
        var first = (((nint)image * input.Pixels) + (chunk * ChunkSums.Pixels)) * Stride;
        var x = workspace.Pointer(input.Segments[0].Buffer) + first;
        var dy = workspace.Pointer(outputGradient.Buffer) + first;
        var dx = workspace.Pointer(inputGradient.Buffer) + first;
        var other = added is { } a ? workspace.Pointer(a) + first : null;
        Apply(x, dy, vector.Pointer(workspace, image), other, dx, ChunkSums.PixelsOf(chunk, input.Pixels), workspace.Shared + ((nint)item * 2 * Stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply(float* x, float* dy, float* scale, float* other, float* dx, int pixels, float* sums)
    {
        for (nint c = 0; c < Stride; c += T.Width)
        {
            var factor = T.Add(T.Broadcast(1f), T.Load(scale + c));
            T products = T.Zero, sum = T.Zero;
            for (nint at = c, end = c + (pixels * Stride); at < end; at += Stride)
            {
                var d = T.Load(dy + at);
                products = T.Fma(d, T.Load(x + at), products);
                sum = T.Add(sum, d);
                var value = T.Multiply(d, factor);
                T.Store(other is null ? value : T.Add(value, T.Load(other + at)), dx + at);
            }

            T.Store(products, sums + c);
            T.Store(sum, sums + Stride + c);
        }

        for (nint i = 0; i < pixels; i++)
        {
            new Span<float>(dx + (i * Stride) + input.Channels, Stride - input.Channels).Clear();
        }
    }

    private void Combine(int worker, int image)
    {
        var sums = workspace.Shared + ((nint)image * Chunks * 2 * Stride);
        var y = workspace.Pointer(vectorGradient.Buffer) + ((nint)image * vectorGradient.Stride);
        for (var c = 0; c < input.Channels; c++)
        {
            y[c] = (float)ChunkSums.Total(sums + c, Chunks, 2 * Stride);
            y[input.Channels + c] = (float)ChunkSums.Total(sums + Stride + c, Chunks, 2 * Stride);
        }

        new Span<float>(y + vectorGradient.Channels, vectorGradient.Stride - vectorGradient.Channels).Clear();
    }
}
