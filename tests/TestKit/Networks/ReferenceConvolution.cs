using DiffusionSharp;
using DiffusionSharp.Networks;

namespace TestKit.Networks;

/// <summary>A convolution in float64 as a sum of shifted images.</summary>
public static class ReferenceConvolution
{
    /// <summary>x [In, H, W] and weight [Out, In, Kernel.Height, Kernel.Width] make [Out, H', W'].</summary>
    public static double[] Apply(double[] x, ImageShape shape, double[] weight, double[] bias, Sides kernel, int stride, Sides padding)
    {
        var (height, width) = (shape.Height + (2 * padding.Height), shape.Width + (2 * padding.Width));
        var padded = Pad(x, shape, padding);

        // At stride 1, in rows as wide as the padded image's, of which the last places mean nothing.
        var places = ((height - kernel.Height) * width) + (width - kernel.Width) + 1;
        var (outHeight, outWidth) = (((height - kernel.Height) / stride) + 1, ((width - kernel.Width) / stride) + 1);
        int[] taps = [
            .. from c in Enumerable.Range(0, shape.Channels)
            from ky in Enumerable.Range(0, kernel.Height)
            from kx in Enumerable.Range(0, kernel.Width)
            select (((c * height) + ky) * width) + kx];
        var result = new double[bias.Length * outHeight * outWidth];
        Parallel.For(0, bias.Length, o =>
        {
            var sum = new double[places];
            Array.Fill(sum, bias[o]);
            Rows.AddProducts(sum, weight.AsSpan(o * taps.Length, taps.Length), padded, taps);
            for (var i = 0; i < outHeight * outWidth; i++)
            {
                result[(o * outHeight * outWidth) + i] = sum[(i / outWidth * stride * width) + (i % outWidth * stride)];
            }
        });
        return result;
    }

    /// <summary>x with zeros on every side.</summary>
    internal static double[] Pad(double[] x, ImageShape shape, Sides padding)
    {
        var (height, width) = (shape.Height + (2 * padding.Height), shape.Width + (2 * padding.Width));
        var padded = new double[shape.Channels * height * width];
        for (var row = 0; row < shape.Channels * shape.Height; row++)
        {
            var (c, y) = (row / shape.Height, row % shape.Height);
            x.AsSpan(row * shape.Width, shape.Width).CopyTo(padded.AsSpan((((c * height) + y + padding.Height) * width) + padding.Width));
        }

        return padded;
    }
}
