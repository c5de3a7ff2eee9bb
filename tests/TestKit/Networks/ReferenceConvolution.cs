using DiffusionSharp;

namespace TestKit.Networks;

/// <summary>A convolution in float64 as a sum of shifted images.</summary>
internal static class ReferenceConvolution
{
    /// <summary>x [In, H, W] and weight [Out, In, Kernel, Kernel] make [Out, H', W'].</summary>
    public static double[] Apply(double[] x, ImageShape shape, double[] weight, double[] bias, int kernel, int stride, int padding)
    {
        var (height, width) = (shape.Height + (2 * padding), shape.Width + (2 * padding));
        var padded = Pad(x, shape, padding);

        // At stride 1, in rows as wide as the padded image's, of which the last places mean nothing.
        var places = ((height - kernel) * width) + (width - kernel) + 1;
        var (outHeight, outWidth) = (((height - kernel) / stride) + 1, ((width - kernel) / stride) + 1);
        var result = new double[bias.Length * outHeight * outWidth];
        Parallel.For(0, bias.Length, o =>
        {
            var sum = new double[places];
            Array.Fill(sum, bias[o]);
            for (var tap = 0; tap < shape.Channels * kernel * kernel; tap++)
            {
                var (c, ky, kx) = (tap / (kernel * kernel), tap / kernel % kernel, tap % kernel);
                Rows.AddScaled(sum, weight[(o * shape.Channels * kernel * kernel) + tap], padded.AsSpan((((c * height) + ky) * width) + kx, places));
            }

            for (var i = 0; i < outHeight * outWidth; i++)
            {
                result[(o * outHeight * outWidth) + i] = sum[(i / outWidth * stride * width) + (i % outWidth * stride)];
            }
        });
        return result;
    }

    private static double[] Pad(double[] x, ImageShape shape, int padding)
    {
        var (height, width) = (shape.Height + (2 * padding), shape.Width + (2 * padding));
        var padded = new double[shape.Channels * height * width];
        for (var row = 0; row < shape.Channels * shape.Height; row++)
        {
            var (c, y) = (row / shape.Height, row % shape.Height);
            x.AsSpan(row * shape.Width, shape.Width).CopyTo(padded.AsSpan((((c * height) + y + padding) * width) + padding));
        }

        return padded;
    }
}
