namespace DiffusionSharp.Imaging.Decoding;

/// <summary>
/// Short side to size, then centre crop, in one separable pass: a triangle filter as wide as the reduction (what Pillow and
/// torchvision call antialiased bilinear), so that nothing aliases at any ratio.
/// </summary>
internal static class ImageFit
{
    /// <summary>Makes [C, H, W] of a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="shape">1 channel (luma of ITU-R BT.601), 3, or 4 (RGBA), any height and width.</param>
    /// <param name="pixels">Receives [C, H, W], 0…255.</param>
    public static void Fit(DecodedImage image, ImageShape shape, Span<byte> pixels)
    {
        var scale = Math.Max((double)shape.Height / image.Height, (double)shape.Width / image.Width);
        var columns = FilterTaps.Make(image.Width, shape.Width, scale);
        var rows = FilterTaps.Make(image.Height, shape.Height, scale);
        var source = shape.Channels == 1 ? Luma(image) : image.Rgb;
        var colours = Math.Min(shape.Channels, 3);
        var plane = shape.Height * shape.Width;
        var alpha = image.Alpha is null || shape.Channels < 4 ? null : Resize(new Levels(image.Alpha, 1, 0));
        for (var c = 0; c < shape.Channels; c++)
        {
            var levels = c == 3 ? alpha : alpha is null ? Resize(new Levels(source, colours, c)) : Resize(new Premultiplied(source, image.Alpha!, c));
            for (var i = 0; i < plane; i++)
            {
                // Of what is transparent there is no colour.
                var level = levels is null ? 255 : c == 3 || alpha is null ? levels[i] : alpha[i] >= 0.5f ? levels[i] / alpha[i] : 0;
                pixels[(c * plane) + i] = (byte)Math.Clamp(level + 0.5f, 0, 255);
            }
        }

        float[] Resize<T>(T levels)
            where T : struct, ILevels
        {
            var between = new float[image.Height * shape.Width];
            for (var y = 0; y < image.Height; y++)
            {
                for (var x = 0; x < shape.Width; x++)
                {
                    var (first, taps) = columns[x];
                    var at = (y * image.Width) + first;
                    var sum = 0f;
                    for (var k = 0; k < taps.Length; k++)
                    {
                        sum += taps[k] * levels[at + k];
                    }

                    between[(y * shape.Width) + x] = sum;
                }
            }

            var result = new float[plane];
            for (var y = 0; y < shape.Height; y++)
            {
                var (first, taps) = rows[y];
                for (var x = 0; x < shape.Width; x++)
                {
                    var sum = 0f;
                    for (var k = 0; k < taps.Length; k++)
                    {
                        sum += taps[k] * between[((first + k) * shape.Width) + x];
                    }

                    result[(y * shape.Width) + x] = sum;
                }
            }

            return result;
        }
    }

    private static byte[] Luma(DecodedImage image)
    {
        var result = new byte[image.Height * image.Width];
        for (int i = 0, j = 0; i < result.Length; i++, j += 3)
        {
            result[i] = (byte)(((299 * image.Rgb[j]) + (587 * image.Rgb[j + 1]) + (114 * image.Rgb[j + 2]) + 500) / 1000);
        }

        return result;
    }

    /// <summary>One channel of a picture, by the place of the pixel.</summary>
    private interface ILevels
    {
        float this[int pixel] { get; }
    }

    private readonly struct Levels(byte[] source, int channels, int channel) : ILevels
    {
        public float this[int pixel] => source[(pixel * channels) + channel];
    }

    /// <summary>A colour multiplied by its opacity, so that what is transparent leaves no trace in its neighbours.</summary>
    private readonly struct Premultiplied(byte[] rgb, byte[] alpha, int channel) : ILevels
    {
        public float this[int pixel] => rgb[(pixel * 3) + channel] * alpha[pixel];
    }

    /// <summary>For each output position the first input position and the filter's taps from there.</summary>
    private static class FilterTaps
    {
        public static (int First, float[] Values)[] Make(int from, int to, double scale)
        {
            double step = 1 / scale, start = (from - (to * step)) / 2, support = Math.Max(step, 1);
            var result = new (int, float[])[to];
            for (var i = 0; i < to; i++)
            {
                var centre = start + ((i + 0.5) * step);
                int first = Math.Clamp((int)(centre - support + 0.5), 0, from - 1), end = Math.Clamp((int)(centre + support + 0.5), first + 1, from);
                var taps = new float[end - first];
                var sum = 0.0;
                for (var k = 0; k < taps.Length; k++)
                {
                    taps[k] = (float)Math.Max(0, 1 - (Math.Abs(first + k + 0.5 - centre) / support));
                    sum += taps[k];
                }

                for (var k = 0; k < taps.Length; k++)
                {
                    taps[k] = sum > 0 ? (float)(taps[k] / sum) : 1f / taps.Length;
                }

                result[i] = (first, taps);
            }

            return result;
        }
    }
}
