using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Pointwise;

/// <summary>The gradient of an operation on each value by itself: f'(x)·dy, plus a gradient that exists already.</summary>
internal sealed unsafe class PointwiseGradient<T, TDerivative> : IStep
    where T : unmanaged, ISimd<T>
    where TDerivative : struct, IPointwiseGradient
{
    private readonly View input;
    private readonly Segment outputGradient;
    private readonly Segment inputGradient;
    private readonly TDerivative derivative;
    private readonly int? added;
    private readonly Action<int, int> apply;
    private Workspace workspace = null!;

    /// <param name="input">What the operation read; where the derivative is constant, anything of its shape.</param>
    /// <param name="outputGradient">The gradient of its result.</param>
    /// <param name="inputGradient">Receives that of the input.</param>
    /// <param name="derivative">f'.</param>
    /// <param name="added">A buffer of the input's shape that is added, or null.</param>
    public PointwiseGradient(View input, Segment outputGradient, Segment inputGradient, TDerivative derivative, int? added = null)
    {
        Debug.Assert(input is { IsPlain: true, PerCondition: false } && input.Channels == outputGradient.Channels && input.Channels == inputGradient.Channels, "shapes must be equal");
        (this.input, this.outputGradient, this.inputGradient, this.derivative, this.added) = (input, outputGradient, inputGradient, derivative, added);
        apply = Apply;
    }

    private int Chunks => ChunkSums.Chunks(input.Pixels);

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * Chunks, apply);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply(int worker, int item)
    {
        var (image, chunk) = Math.DivRem(item, Chunks);
        nint stride = inputGradient.Stride;
        var first = (((nint)image * input.Pixels) + (chunk * ChunkSums.Pixels)) * stride;
        var x = workspace.Pointer(input.Segments[0].Buffer) + first;
        var dy = workspace.Pointer(outputGradient.Buffer) + first;
        var dx = workspace.Pointer(inputGradient.Buffer) + first;
        var other = added is { } a ? workspace.Pointer(a) + first : null;
        var (channels, padding) = (inputGradient.Channels, inputGradient.Stride - inputGradient.Channels);
        for (var i = ChunkSums.PixelsOf(chunk, input.Pixels); i > 0; i--, x += stride, dy += stride, dx += stride)
        {
            for (nint c = 0; c < stride; c += T.Width)
            {
                var value = T.Multiply(derivative.Apply(T.Load(x + c)), T.Load(dy + c));
                T.Store(other is null ? value : T.Add(value, T.Load(other + c)), dx + c);
            }

            new Span<float>(dx + channels, padding).Clear();
            other = other is null ? null : other + stride;
        }
    }
}
