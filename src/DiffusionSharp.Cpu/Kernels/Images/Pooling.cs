using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>One value of each window of pixels, channel by channel; what lies outside the image plays no part.</summary>
internal sealed unsafe class Pooling<T, TPooling> : IStep
    where T : unmanaged, ISimd<T>
    where TPooling : struct, IPooling
{
    private readonly View input;
    private readonly View output;
    private readonly TPooling pooling;
    private readonly PoolingShape windows;
    private readonly Action<int, int> row;
    private Workspace workspace = null!;

    /// <param name="input">What is read: segments of whole vectors, but for the last.</param>
    /// <param name="output">A plain view with a pixel for each window.</param>
    /// <param name="pooling">How pixels become one.</param>
    /// <param name="windows">The windows.</param>
    public Pooling(View input, View output, TPooling pooling, PoolingShape windows)
    {
        Debug.Assert(
            input is { Upsampled: false, Padded: false } && output.IsPlain && output.Channels == input.Channels && input.Segments.SkipLast(1).All(s => s.Channels == s.Stride),
            "whole vectors are pooled");
        (this.input, this.output, this.pooling, this.windows, row) = (input, output, pooling, windows, Row);
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Count(output.PerCondition) * output.Height, row);
    }

    private void Row(int worker, int item)
    {
        var (image, y) = Math.DivRem(item, output.Height);
        var (top, bottom) = windows.Pixels(y, input.Height);
        var to = output.Locate(output.Segments[0], workspace).At(image, y * output.Width);
        foreach (var segment in input.Segments)
        {
            var pixels = input.Locate(segment, workspace);
            for (var x = 0; x < output.Width; x++)
            {
                var (left, right) = windows.Pixels(x, input.Width);
                Window(pixels.At(image, (top * input.Width) + left), pixels.Stride, bottom - top, right - left, to + (x * (nint)output.Segments[0].Stride));
            }

            to += segment.Stride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Window(float* from, nint stride, int rows, int columns, float* to)
    {
        var rowStride = input.Width * stride;
        for (nint c = 0; c < stride; c += T.Width)
        {
            var row = from + c;
            var pooled = T.Load(row);
            for (var i = 0; i < rows; i++, row += rowStride)
            {
                for (var j = i == 0 ? 1 : 0; j < columns; j++)
                {
                    pooled = pooling.Join(pooled, T.Load(row + (j * stride)));
                }
            }

            T.Store(pooling.End(pooled, rows * columns), to + c);
        }
    }
}
