using SkiaSharp;

namespace DiffusionSharp.Imaging.Sheets;

/// <summary>Where everything on a labelled sheet goes: title and notes, a row of column labels, then row labels, cells and captions.</summary>
internal sealed class SheetLayout
{
    private readonly List<SheetText> texts = [];
    private readonly List<SKPointI> cells = [];

    /// <summary>Lays a sheet out.</summary>
    /// <param name="labels">The words.</param>
    /// <param name="cellWidth">Width of a cell in pixels.</param>
    /// <param name="cellHeight">Height of a cell in pixels.</param>
    public SheetLayout(SheetLabels labels, int cellWidth, int cellHeight)
    {
        var em = Math.Clamp(cellWidth / 22f, 13, 28);
        var (margin, line) = ((int)em, Line(em));
        float y = margin;
        Say(labels.Title, 1.3f * em, muted: false, _ => margin, ref y);
        foreach (var note in labels.Notes)
        {
            Say(note, em, muted: true, _ => margin, ref y);
        }

        var stacked = labels.Captions.Select(parts => (IReadOnlyList<string>)[string.Join("   ", parts)]).ToArray();
        var captions = stacked.Any(c => Measure(c[0], em) > cellWidth) ? labels.Captions : stacked;
        var captionLines = captions.Max(c => c.Count);

        var step = (int)Math.Ceiling(Math.Max(cellWidth, labels.Columns.Concat(captions.SelectMany(c => c)).Max(t => Measure(t, em))) + em);
        var left = margin + (int)Math.Ceiling(labels.Rows.Max(t => Measure(t, em)) + em);
        y += margin / 2;
        foreach (var (column, label) in labels.Columns.Index())
        {
            var lineTop = y;
            Say(label, em, muted: false, Centred(column), ref lineTop);
        }

        var top = (int)y + line;
        foreach (var (row, label) in labels.Rows.Index())
        {
            var middle = top + ((cellHeight - line) / 2f);
            Say(label, em, muted: false, _ => margin, ref middle);
            for (var column = 0; column < labels.Columns.Count; column++)
            {
                cells.Add(new SKPointI(left + (column * step) + ((step - margin - cellWidth) / 2), top));
                float below = top + cellHeight;
                foreach (var part in captions[(row * labels.Columns.Count) + column])
                {
                    Say(part, em, muted: true, Centred(column), ref below);
                }
            }

            top += cellHeight + (captionLines * line) + margin;
        }

        Height = top;
        Width = (int)Math.Ceiling(Math.Max(left + (labels.Columns.Count * step), texts.Max(t => t.Box.Right) + margin));

        Func<float, float> Centred(int column) => width => left + (column * step) + ((step - margin - width) / 2f);
    }

    /// <summary>Width of the sheet in pixels.</summary>
    public int Width { get; }

    /// <summary>Height of the sheet in pixels.</summary>
    public int Height { get; }

    /// <summary>All words.</summary>
    public IReadOnlyList<SheetText> Texts => texts;

    /// <summary>The upper left corner of each cell, row by row.</summary>
    public IReadOnlyList<SKPointI> Cells => cells;

    private static int Line(float size) => (int)(1.35f * size);

    private static float Measure(string text, float size)
    {
        using var font = LabelFont.Sized(size);
        return font.MeasureText(text);
    }

    private void Say(string text, float size, bool muted, Func<float, float> left, ref float top)
    {
        using var font = LabelFont.Sized(size);
        var width = font.MeasureText(text);
        var x = left(width);
        texts.Add(new SheetText(text, size, muted, SKRect.Create(x, top, width, Line(size)), top + size));
        top += Line(size);
    }
}
