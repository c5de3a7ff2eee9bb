using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>The gradient of the mean of each window: a part of it for each pixel; what a pixel gets is added in the windows' order.</summary>
internal sealed unsafe class MeanPoolGradient<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly View outputGradient;
    private readonly View inputGradient;
    private readonly PoolingShape windows;
    private readonly int? added;
    private readonly Action<int, int> row;
    private Workspace workspace = null!;

    /// <param name="outputGradient">The gradient of the means.</param>
    /// <param name="inputGradient">Receives that of the pixels.</param>
    /// <param name="windows">The windows.</param>
    /// <param name="added">A buffer of the pixels' shape that is added, or null.</param>
    public MeanPoolGradient(View outputGradient, View inputGradient, PoolingShape windows, int? added = null)
    {
        Debug.Assert(outputGradient.IsPlain && inputGradient.IsPlain && inputGradient.Channels == outputGradient.Channels, "channels must be equal");
        (this.outputGradient, this.inputGradient, this.windows, this.added, row) = (outputGradient, inputGradient, windows, added, Row);
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * inputGradient.Height, row);
    }

    private void Row(int worker, int item)
    {
        var (image, y) = Math.DivRem(item, inputGradient.Height);
        var stride = inputGradient.Segments[0].Stride;
        var place = (nint)item * inputGradient.Width * stride;
        var dx = workspace.Pointer(inputGradient.Segments[0].Buffer) + place;
        var other = added is { } a ? workspace.Pointer(a) + place : null;
        var dy = outputGradient.Locate(outputGradient.Segments[0], workspace).At(image, 0);
        for (var x = 0; x < inputGradient.Width; x++, dx += stride)
        {
            Pixel(y, x, dy, other is null ? null : other + (x * (nint)stride), dx, stride);
            new Span<float>(dx + inputGradient.Channels, stride - inputGradient.Channels).Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pixel(int y, int x, float* dy, float* other, float* dx, nint stride)
    {
        var (top, bottom) = windows.Windows(y, outputGradient.Height);
        var (left, right) = windows.Windows(x, outputGradient.Width);
        for (nint c = 0; c < stride; c += T.Width)
        {
            var sum = T.Zero;
            for (var i = top; i < bottom; i++)
            {
                for (var j = left; j < right; j++)
                {
                    sum = T.Add(sum, T.Divide(T.Load(dy + (((i * outputGradient.Width) + j) * stride) + c), T.Broadcast(Pixels(i, j))));
                }
            }

            T.Store(other is null ? sum : T.Add(sum, T.Load(other + c)), dx + c);
        }
    }

    // Of a window.
    private int Pixels(int row, int column)
    {
        var ((top, bottom), (left, right)) = (windows.Pixels(row, inputGradient.Height), windows.Pixels(column, inputGradient.Width));
        return (bottom - top) * (right - left);
    }
}
