namespace DiffusionSharp.Imaging.Files;

/// <summary>Lays equally large pictures out on a contact sheet, row by row.</summary>
public static class ImageGrid
{
    /// <summary>The number of columns that makes the sheet nearly square: ceil(√count).</summary>
    public static int NearSquareColumns(int count) => Math.Max(1, (int)Math.Ceiling(Math.Sqrt(count)));

    /// <summary>The number of columns that makes a sheet of blocks nearly square; of two that are as near, the larger.</summary>
    /// <param name="count">How many blocks, at least 1.</param>
    /// <param name="width">Width of a block.</param>
    /// <param name="height">Height of a block, in the same unit.</param>
    public static int NearSquareColumns(int count, double width, double height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return Enumerable.Range(1, count).Select(down => Upwards(count, down)).Distinct().MinBy(across => Math.Abs(Math.Log(across * width / (Upwards(count, across) * height))));

        static int Upwards(int n, int parts) => ((n - 1) / parts) + 1;
    }

    /// <summary>Makes a sheet; cells without a picture and the padding take the background's level.</summary>
    /// <param name="shape">Shape of one picture.</param>
    /// <param name="pixels">[N, C, H, W], 0…255, N at least 1.</param>
    /// <param name="columns">Pictures in a row; null makes the sheet nearly square.</param>
    /// <param name="scale">Every pixel becomes scale × scale pixels, so that small pictures can be seen.</param>
    /// <param name="padding">Pixels around every picture.</param>
    /// <param name="background">Level of the padding.</param>
    /// <returns>The sheet's shape and its pixels [C, H, W].</returns>
    public static (ImageShape Shape, byte[] Pixels) Make(
        ImageShape shape, ReadOnlySpan<byte> pixels, int? columns = null, int scale = 1, int padding = 2, byte background = 255)
    {
        var count = pixels.Length / shape.Elements;
        if (count == 0 || pixels.Length % shape.Elements != 0)
        {
            throw new ArgumentException($"{pixels.Length} bytes are no whole number of pictures of {shape}", nameof(pixels));
        }

        var across = columns ?? NearSquareColumns(count);
        int cellHeight = (shape.Height * scale) + padding, cellWidth = (shape.Width * scale) + padding;
        var sheet = Layout(shape, count, across, scale, padding);
        var result = new byte[sheet.Elements];
        Array.Fill(result, background);
        for (var n = 0; n < count; n++)
        {
            int top = padding + (n / across * cellHeight), left = padding + (n % across * cellWidth);
            for (var c = 0; c < shape.Channels; c++)
            {
                for (var y = 0; y < shape.Height * scale; y++)
                {
                    var source = pixels.Slice((((((n * shape.Channels) + c) * shape.Height) + (y / scale)) * shape.Width), shape.Width);
                    var target = result.AsSpan((((c * sheet.Height) + top + y) * sheet.Width) + left, shape.Width * scale);
                    for (var x = 0; x < target.Length; x++)
                    {
                        target[x] = source[x / scale];
                    }
                }
            }
        }

        return (sheet, result);
    }

    /// <summary>The shape of the sheet that <see cref="Make"/> makes of so many pictures.</summary>
    /// <param name="shape">Shape of one picture.</param>
    /// <param name="count">N, at least 1.</param>
    /// <param name="columns">Pictures in a row; null makes the sheet nearly square.</param>
    /// <param name="scale">Every pixel becomes scale × scale pixels.</param>
    /// <param name="padding">Pixels around every picture.</param>
    /// <exception cref="DiffusionException">More pixels than an array can hold.</exception>
    public static ImageShape Layout(ImageShape shape, int count, int? columns = null, int scale = 1, int padding = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        var across = columns ?? NearSquareColumns(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(across, 1, nameof(columns));
        var down = ((count - 1) / across) + 1;
        var height = (down * ((shape.Height * (double)scale) + padding)) + padding;
        var width = (across * ((shape.Width * (double)scale) + padding)) + padding;
        MemoryNeed.Length(shape.Channels * height * width, $"a sheet of {count} pictures of {shape}", "draw fewer, or write one file a picture");
        return new ImageShape(shape.Channels, (int)height, (int)width);
    }
}
