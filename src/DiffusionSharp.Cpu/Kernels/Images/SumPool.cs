using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>The sum of 2×2 pixels, which is the gradient of repeating a pixel: (upper left + upper right) + (lower left + lower right).</summary>
internal sealed unsafe class SumPool<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly View input;
    private readonly View output;
    private readonly int? added;
    private readonly Action<int, int> row;
    private Workspace workspace = null!;

    /// <param name="input">What is added up.</param>
    /// <param name="output">A quarter of the pixels.</param>
    /// <param name="added">A buffer of the output's shape that is added, or null.</param>
    public SumPool(View input, View output, int? added = null)
    {
        Debug.Assert(input.IsPlain && output.IsPlain && output.Channels == input.Channels && (input.Height, input.Width) == (2 * output.Height, 2 * output.Width), "four pixels must be one");
        (this.input, this.output, this.added, row) = (input, output, added, Row);
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * output.Height, row);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row(int worker, int item)
    {
        nint stride = output.Segments[0].Stride;
        var (channels, padding) = (output.Channels, (int)stride - output.Channels);
        var place = (nint)item * output.Width * stride;
        var upper = workspace.Pointer(input.Segments[0].Buffer) + (4 * place);
        var lower = upper + (input.Width * stride);
        var y = workspace.Pointer(output.Segments[0].Buffer) + place;
        var other = added is { } a ? workspace.Pointer(a) + place : null;
        for (var i = 0; i < output.Width; i++, upper += 2 * stride, lower += 2 * stride, y += stride)
        {
            for (nint c = 0; c < stride; c += T.Width)
            {
                var sum = T.Add(T.Add(T.Load(upper + c), T.Load(upper + stride + c)), T.Add(T.Load(lower + c), T.Load(lower + stride + c)));
                T.Store(other is null ? sum : T.Add(sum, T.Load(other + c)), y + c);
            }

            new Span<float>(y + channels, padding).Clear();
            other = other is null ? null : other + stride;
        }
    }
}
