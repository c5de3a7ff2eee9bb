using DiffusionSharp;
using DiffusionSharp.Networks;

namespace TestKit.Networks;

/// <summary>The derivatives of a convolution y of one image, as sums over shifted images.</summary>
/// <remarks>
/// dy is spread over rows as wide as the padded input's, at the places where a kernel begins, with zeros between, before and behind: tap k of
/// such a place p reads x[p + tap], so x at q is read by tap k from q - tap.
/// </remarks>
internal sealed class ConvolutionGradients
{
    private readonly ImageShape shape;
    private readonly Sides padding;
    private readonly int outputs;
    private readonly int height;
    private readonly int width;
    private readonly int places;
    private readonly int margin;
    private readonly int[] taps;
    private readonly double[] spread;

    /// <summary>x has a shape, y another, of which dy is the derivative.</summary>
    public ConvolutionGradients(ImageShape shape, ImageShape output, Sides kernel, int stride, Sides padding, double[] dy)
    {
        (this.shape, this.padding, outputs) = (shape, padding, output.Channels);
        (height, width) = (shape.Height + (2 * padding.Height), shape.Width + (2 * padding.Width));
        taps = [.. from ky in Enumerable.Range(0, kernel.Height) from kx in Enumerable.Range(0, kernel.Width) select (ky * width) + kx];
        places = ((height - kernel.Height) * width) + (width - kernel.Width) + 1;
        margin = taps[^1];
        spread = new double[outputs * (margin + places + margin)];
        for (var i = 0; i < dy.Length; i++)
        {
            var (o, y, x) = (i / (output.Width * output.Height), i / output.Width % output.Height, i % output.Width);
            spread[Start(o) + (y * stride * width) + (x * stride)] = dy[i];
        }
    }

    /// <summary>Adds the derivative by the weight, [Out, In, Kernel.Height, Kernel.Width].</summary>
    public void AddByWeight(double[] x, double[] gradient)
    {
        var padded = ReferenceConvolution.Pad(x, shape, padding);
        Parallel.For(0, outputs, o =>
        {
            for (var i = 0; i < shape.Channels * taps.Length; i++)
            {
                var (c, tap) = (i / taps.Length, taps[i % taps.Length]);
                gradient[(o * shape.Channels * taps.Length) + i] += Rows.Dot(spread.AsSpan(Start(o), places), padded.AsSpan((c * height * width) + tap));
            }
        });
    }

    /// <summary>The derivative by x.</summary>
    public double[] ByInput(double[] weight)
    {
        var gradient = new double[shape.Elements];
        int[] offsets = [.. from o in Enumerable.Range(0, outputs) from tap in taps select Start(o) - tap];
        Parallel.For(0, shape.Channels, c =>
        {
            double[] factors = [.. from o in Enumerable.Range(0, outputs) from k in Enumerable.Range(0, taps.Length) select weight[(((o * shape.Channels) + c) * taps.Length) + k]];
            var sum = new double[places + margin];
            Rows.AddProducts(sum, factors, spread, offsets);
            for (var y = 0; y < shape.Height; y++)
            {
                for (var x = 0; x < shape.Width; x++)
                {
                    var at = ((y + padding.Height) * width) + x + padding.Width;

                    // What no kernel reads lies behind.
                    gradient[(((c * shape.Height) + y) * shape.Width) + x] = at < sum.Length ? sum[at] : 0;
                }
            }
        });
        return gradient;
    }

    private int Start(int o) => (o * (margin + places + margin)) + margin;
}
