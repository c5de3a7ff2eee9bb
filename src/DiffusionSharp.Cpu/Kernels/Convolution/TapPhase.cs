namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>
/// The pixels of an output that meet the same taps of a kernel: all of a convolution; of the gradient to the inputs of a strided one those
/// at equal places between its outputs.
/// </summary>
/// <param name="Top">Row of the first of them.</param>
/// <param name="Left">Column of the first of them.</param>
/// <param name="Step">Pixels from one to the next.</param>
/// <param name="Rows">Rows of them.</param>
/// <param name="Columns">Columns of them.</param>
/// <param name="InputStep">Input pixels from one to the next.</param>
/// <param name="Taps">The taps.</param>
internal sealed record TapPhase(int Top, int Left, int Step, int Rows, int Columns, int InputStep, Tap[] Taps)
{
    /// <summary>Pixels.</summary>
    public int Pixels => Rows * Columns;

    /// <summary>A convolution: tap (ky, kx) of the output at (y, x) meets the input at (y·stride + ky - padding, …).</summary>
    public static TapPhase[] Forward(ConvolutionShape shape) =>
        [new(0, 0, 1, shape.Height, shape.Width, shape.Stride, [.. shape.Taps().Select((t, i) => new Tap(i, t.Y - shape.Padding.Height, t.X - shape.Padding.Width))])];

    /// <summary>
    /// The gradient to a convolution's input: the input at (y, x) met tap (ky, kx) of the output at ((y + padding - ky)/stride, …) where that is
    /// a whole number.
    /// </summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="height">Rows of its input.</param>
    /// <param name="width">Columns of its input.</param>
    public static TapPhase[] Transposed(ConvolutionShape shape, int height, int width)
    {
        var (stride, phases) = (shape.Stride, new List<TapPhase>());
        for (var top = 0; top < Math.Min(stride, height); top++)
        {
            for (var left = 0; left < Math.Min(stride, width); left++)
            {
                var taps = shape.Taps()
                    .Select((t, i) => new Tap(i, top + shape.Padding.Height - t.Y, left + shape.Padding.Width - t.X))
                    .Where(t => t.Y % stride == 0 && t.X % stride == 0)
                    .Select(t => t with { Y = t.Y / stride, X = t.X / stride });
                phases.Add(new(top, left, stride, (height - top + stride - 1) / stride, (width - left + stride - 1) / stride, 1, [.. taps]));
            }
        }

        return [.. phases];
    }
}
