using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Imaging.Sheets;
using DiffusionSharp.Models;

namespace DiffusionSharp.Cli.Verbs.Interpolate;

/// <summary>The words on an interpolation: how far an image is from one seed to the next, the seeds at the ends, and classes.</summary>
internal static class BetweenLabels
{
    private const int MostInRow = 16;

    /// <summary>Of a strip between two seeds, α beneath each image, or of a square between four, α above and β beside it.</summary>
    /// <param name="ends">Two or four seeds.</param>
    /// <param name="frames">Images from one seed to the next.</param>
    /// <param name="model">Knows the classes' names.</param>
    /// <param name="classes">The class of each image; null without.</param>
    public static SheetLabels Create(ulong[] ends, int frames, DiffusionModel model, int[]? classes)
    {
        var isSquare = ends.Length == 4;
        var rows = isSquare ? frames : 1;
        var captions = Enumerable.Range(0, rows * frames).Select(IReadOnlyList<string> (i) =>
        [
            .. isSquare ? Array.Empty<string>() : [Part("α", i, frames)],
            .. End(ends, frames, rows, i) is ulong seed ? [SheetCaptions.Seed(seed)] : Array.Empty<string>(),
            .. SheetCaptions.Class(model, classes?[i]),
        ]).ToArray();
        var rowsOfStrip = ((frames - 1) / MostInRow) + 1;
        return !isSquare ? SheetLabels.Captioned(captions, across: ((frames - 1) / rowsOfStrip) + 1) : new()
        {
            Columns = [.. Enumerable.Range(0, frames).Select(i => Part("α", i, frames))],
            Rows = [.. Enumerable.Range(0, frames).Select(i => Part("β", i, frames))],
            Captions = captions,
        };
    }

    private static string Part(string name, int place, int frames) => FormattableString.Invariant($"{name} = {place / (frames - 1.0):0.###}");

    // The seeds are at the corners, row by row.
    private static ulong? End(ulong[] ends, int frames, int rows, int place)
    {
        var (row, column) = (place / frames, place % frames);
        return column % (frames - 1) != 0 || (row > 0 && row < rows - 1) ? null : ends[(row > 0 ? 2 : 0) + (column > 0 ? 1 : 0)];
    }
}
