using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Sheets;

namespace DiffusionSharp.Cli.Verbs.Sequence;

/// <summary>Steps laid out as pictures that are nearly square: an image is a block of columns, x_t above x0, and blocks stand beside and below one another.</summary>
/// <param name="frames">The steps.</param>
/// <param name="captions">Seed and class of each image.</param>
/// <param name="look">How they are shown.</param>
internal sealed class StepPictures(StepFrames frames, IReadOnlyList<IReadOnlyList<string>> captions, PictureLook look)
{
    private const byte White = 255;

    private int Steps => frames.Steps.Count;

    /// <summary>All steps: a column each.</summary>
    public (ImageShape Shape, byte[] Pixels) Strip() => Draw(Across(Steps), [.. Enumerable.Range(0, Steps)], StripLabels());

    /// <summary>One step.</summary>
    /// <param name="frame">0…, as in <see cref="StepFrames.Steps"/>.</param>
    public (ImageShape Shape, byte[] Pixels) Frame(int frame) => Draw(Across(1), [frame], FrameLabels(frame));

    /// <summary>A picture for each step, all of one size.</summary>
    public IReadOnlyList<(ImageShape Shape, byte[] Pixels)> Frames()
    {
        var pictures = Enumerable.Range(0, Steps).Select(Frame).ToArray();
        var width = pictures.Max(p => p.Shape.Width);
        return [.. pictures.Select(p => p.Shape.Width == width ? p : Widened(p.Shape, p.Pixels, width))];
    }

    /// <summary>Refuses, before anything is drawn, a picture that is larger than an array can be.</summary>
    /// <param name="strip">All steps in one, or a picture each.</param>
    public void RequireRoom(bool strip)
    {
        var (shown, scale) = (strip ? Steps : 1, look.SheetScale(frames.Shape));
        ImageGrid.Layout(frames.Shape, 2 * frames.Images * shown, Across(shown) * shown, scale);
        if (look.IsLabelled)
        {
            LabelledSheet.RequireRoom(frames.Shape, images: 2, strip ? StripLabels() : FrameLabels(0), columns: 1, scale);
        }
    }

    private int Across(int shown) => ImageGrid.NearSquareColumns(frames.Images, shown * frames.Shape.Width, 2 * frames.Shape.Height);

    private SheetLabels StripLabels() => new()
    {
        Notes = ["x after the step at t, above the x0 predicted there"],
        Rows = [.. captions.Select(c => string.Join(", ", c))],
        Columns = [.. Enumerable.Range(0, Steps).Select(At)],
        Captions = [.. Enumerable.Repeat<IReadOnlyList<string>>([], frames.Images * Steps)],
        Across = Across(Steps),
    };

    private SheetLabels FrameLabels(int frame) => SheetLabels.Captioned(captions, Across(1)) with { Notes = [At(frame)] };

    private string At(int frame) => FormattableString.Invariant($"t = {frames.Timestep(frame):0.##}");

    private (ImageShape Shape, byte[] Pixels) Draw(int across, int[] shown, SheetLabels labels)
    {
        var scale = look.SheetScale(frames.Shape);
        var cells = Enumerable.Range(0, frames.Images).SelectMany(i => shown.Select(f => frames.Cell(f, i))).ToArray();
        if (look.IsLabelled)
        {
            return LabelledSheet.Draw(frames.Shape, cells, labels, columns: 1, scale);
        }

        var (columns, one) = (across * shown.Length, frames.Shape.Elements);
        var all = new byte[2 * (((frames.Images - 1) / across) + 1) * columns * one];
        Array.Fill(all, White);
        foreach (var (n, cell) in cells.Index())
        {
            var (image, step) = (n / shown.Length, n % shown.Length);
            var place = (image / across * 2 * columns) + (image % across * shown.Length) + step;
            cell.AsSpan(0, one).CopyTo(all.AsSpan(place * one));
            cell.AsSpan(one).CopyTo(all.AsSpan((place + columns) * one));
        }

        return ImageGrid.Make(frames.Shape, all, columns, scale);
    }

    // The words above a narrow picture may be wider than it, and not those of every step the same.
    private static (ImageShape Shape, byte[] Pixels) Widened(ImageShape shape, byte[] pixels, int width)
    {
        var wide = shape with { Width = width };
        var all = new byte[wide.Elements];
        Array.Fill(all, White);
        for (var row = 0; row < shape.Channels * shape.Height; row++)
        {
            pixels.AsSpan(row * shape.Width, shape.Width).CopyTo(all.AsSpan(row * width));
        }

        return (wide, all);
    }
}
