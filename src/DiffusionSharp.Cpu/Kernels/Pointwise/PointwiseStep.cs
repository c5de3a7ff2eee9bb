using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Pointwise;

/// <summary>Operations on each value by itself, with a second image or a vector for each image where they need one.</summary>
internal sealed unsafe class PointwiseStep<T, TOperation> : IStep
    where T : unmanaged, ISimd<T>
    where TOperation : struct, IPointwise
{
    private const int ChunkPixels = 64;

    private readonly View input;
    private readonly Segment output;
    private readonly Segment? second;
    private readonly VectorSource? vector;
    private readonly TOperation operation;
    private readonly Action<int, int> apply;
    private Workspace workspace = null!;

    public PointwiseStep(View input, Segment output, TOperation operation, Segment? second = null, VectorSource? vector = null)
    {
        Debug.Assert(input.IsPlain && output.Channels == input.Channels && (second?.Channels ?? output.Channels) == output.Channels, "shapes must be equal");
        (this.input, this.output, this.operation, this.second, this.vector) = (input, output, operation, second, vector);
        apply = Apply;
    }

    private int Chunks => (input.Pixels + ChunkPixels - 1) / ChunkPixels;

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Count(input.PerCondition) * Chunks, apply);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply(int worker, int item)
    {
        var (image, chunk) = Math.DivRem(item, Chunks);
        nint stride = output.Stride;
        var first = (((nint)image * input.Pixels) + (chunk * ChunkPixels)) * stride;
        var x = workspace.Pointer(input.Segments[0].Buffer) + first;
        var y = workspace.Pointer(output.Buffer) + first;
        var other = vector is { } v ? v.Pointer(workspace, image) : second is { } s ? workspace.Pointer(s.Buffer) + first : x;
        var otherStride = vector is null ? stride : 0;
        var pixels = Math.Min(ChunkPixels, input.Pixels - (chunk * ChunkPixels));
        for (var i = 0; i < pixels; i++, x += stride, y += stride, other += otherStride)
        {
            for (nint c = 0; c < stride; c += T.Width)
            {
                T.Store(operation.Apply(T.Load(x + c), other + c, output.Channels), y + c);
            }
        }
    }
}
