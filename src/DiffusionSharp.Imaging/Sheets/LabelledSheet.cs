using DiffusionSharp.Imaging.Files;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Sheets;

/// <summary>A contact sheet with a title, labels for its rows and columns, and a caption under each cell.</summary>
public static class LabelledSheet
{
    private static readonly SKColor Ink = new(0x20, 0x20, 0x20);
    private static readonly SKColor MutedInk = new(0x60, 0x60, 0x60);

    /// <summary>Draws a sheet, black on white.</summary>
    /// <param name="shape">Shape of one image: 1 channel (grey), 3 (RGB) or 4 (RGBA, laid on white).</param>
    /// <param name="cells">The cells row by row, each with the same number of images, [N, C, H, W], 0…255.</param>
    /// <param name="labels">The words; there are as many captions as cells.</param>
    /// <param name="columns">Images in a row of a cell.</param>
    /// <param name="scale">Every pixel becomes scale × scale pixels.</param>
    /// <returns>The sheet's shape, RGB, and its pixels [3, H, W].</returns>
    /// <exception cref="DiffusionException">More pixels than an array can hold.</exception>
    public static (ImageShape Shape, byte[] Pixels) Draw(ImageShape shape, IReadOnlyList<byte[]> cells, SheetLabels labels, int columns, int scale)
    {
        ArgumentNullException.ThrowIfNull(cells);
        ArgumentNullException.ThrowIfNull(labels);
        if (cells.Count == 0 || cells.Count != labels.Rows.Count * labels.Columns.Count || cells.Count != labels.Captions.Count)
        {
            throw new ArgumentException(
                $"{cells.Count} cells, {labels.Captions.Count} captions and {labels.Rows.Count} × {labels.Columns.Count} labels do not fit together", nameof(labels));
        }

        var grids = cells.Select(c => ImageGrid.Make(shape, c, columns, scale)).ToArray();
        var layout = new SheetLayout(labels, grids[0].Shape.Width, grids[0].Shape.Height);
        var sheet = new ImageShape(3, layout.Height, layout.Width);
        var pixels = DrawTexts(layout);
        foreach (var (n, (grid, image)) in grids.Index())
        {
            for (var row = 0; row < 3 * grid.Height; row++)
            {
                var (c, y) = (row / grid.Height, row % grid.Height);
                var target = pixels.AsSpan((((c * sheet.Height) + layout.Cells[n].Y + y) * sheet.Width) + layout.Cells[n].X, grid.Width);
                image.AsSpan(((Math.Min(c, grid.Channels - 1) * grid.Height) + y) * grid.Width, grid.Width).CopyTo(target);
                for (var x = 0; grid.Channels == 4 && x < grid.Width; x++)
                {
                    int alpha = image[(((3 * grid.Height) + y) * grid.Width) + x];
                    target[x] = (byte)(((target[x] * alpha) + (255 * (255 - alpha)) + 127) / 255);
                }
            }
        }

        return (sheet, pixels);
    }

    /// <summary>Refuses, before its cells are there, a sheet that is larger than an array can be.</summary>
    /// <param name="shape">Shape of one image.</param>
    /// <param name="images">Images in each cell.</param>
    /// <param name="labels">The words.</param>
    /// <param name="columns">Images in a row of a cell.</param>
    /// <param name="scale">Every pixel becomes scale × scale pixels.</param>
    /// <exception cref="DiffusionException">More pixels than an array can hold.</exception>
    public static void RequireRoom(ImageShape shape, int images, SheetLabels labels, int columns, int scale)
    {
        var cell = ImageGrid.Layout(shape, images, columns, scale);
        _ = new SheetLayout(labels, cell.Width, cell.Height);
    }

    // Grey on white: the three planes are the same.
    private static byte[] DrawTexts(SheetLayout layout)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(layout.Width, layout.Height, SKColorType.Gray8, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        foreach (var text in layout.Texts)
        {
            using var font = LabelFont.Sized(text.Size);
            using var paint = new SKPaint { Color = text.Muted ? MutedInk : Ink, IsAntialias = true };
            canvas.DrawText(text.Text, text.Box.Left, text.Baseline, font, paint);
        }

        canvas.Flush();
        var plane = new byte[layout.Width * layout.Height];
        for (var y = 0; y < layout.Height; y++)
        {
            bitmap.GetPixelSpan().Slice(y * bitmap.RowBytes, layout.Width).CopyTo(plane.AsSpan(y * layout.Width));
        }

        return [.. plane, .. plane, .. plane];
    }
}
