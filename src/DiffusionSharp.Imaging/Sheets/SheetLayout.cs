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

        var stacked = labels.Captions.Select(parts => (IReadOnlyList<string>)(parts.Count == 0 ? [] : [string.Join("   ", parts)])).ToArray();
        var captions = stacked.Any(c => c.Count > 0 && Measure(c[0], em) > cellWidth) ? labels.Captions : stacked;
        var rowHeight = cellHeight + (captions.Max(c => c.Count) * line) + margin;

        var step = (int)Math.Ceiling(Math.Max(cellWidth, labels.Columns.Concat(captions.SelectMany(c => c)).Max(t => Measure(t, em))) + em);
        var beside = labels.Rows.Any(t => t.Length > 0) ? (int)Math.Ceiling(labels.Rows.Max(t => Measure(t, em)) + em) : 0;
        var (across, block) = (Math.Min(labels.Across, labels.Rows.Count), beside + (labels.Columns.Count * step));
        var down = ((labels.Rows.Count - 1) / across) + 1;
        RequireRoom(labels.Captions.Count, margin + ((double)across * block), y + line + margin + ((double)down * rowHeight));

        var top = (int)y;
        if (labels.Columns.Any(t => t.Length > 0))
        {
            y += texts.Count > 0 ? margin / 2 : 0;
            for (var column = 0; column < across * labels.Columns.Count; column++)
            {
                var lineTop = y;
                Say(labels.Columns[column % labels.Columns.Count], em, muted: false, Centred(column / labels.Columns.Count, column % labels.Columns.Count), ref lineTop);
            }

            top = (int)y + line;
        }
        else if (texts.Count > 0)
        {
            top += margin / 2;
        }

        foreach (var (row, label) in labels.Rows.Index())
        {
            var (place, cellTop) = (row % across, top + (row / across * rowHeight));
            var middle = cellTop + ((cellHeight - line) / 2f);
            Say(label, em, muted: false, _ => margin + (place * block), ref middle);
            for (var column = 0; column < labels.Columns.Count; column++)
            {
                cells.Add(new SKPointI((int)Centred(place, column)(cellWidth), cellTop));
                float below = cellTop + cellHeight;
                foreach (var part in captions[(row * labels.Columns.Count) + column])
                {
                    Say(part, em, muted: true, Centred(place, column), ref below);
                }
            }
        }

        Height = top + (down * rowHeight);
        Width = (int)Math.Ceiling(Math.Max(margin + (across * block), texts.Select(t => t.Box.Right + margin).DefaultIfEmpty().Max()));

        Func<float, float> Centred(int place, int column) => width => margin + (place * block) + beside + (column * step) + ((step - margin - width) / 2f);
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

    private static void RequireRoom(int cells, double width, double height) =>
        MemoryNeed.Length(3 * width * height, $"a sheet of {cells} cells with their labels", "draw fewer, or write one file a picture");

    private void Say(string text, float size, bool muted, Func<float, float> left, ref float top)
    {
        if (text.Length == 0)
        {
            return;
        }

        using var font = LabelFont.Sized(size);
        var width = font.MeasureText(text);
        var x = left(width);
        texts.Add(new SheetText(text, size, muted, SKRect.Create(x, top, width, Line(size)), top + size));
        top += Line(size);
    }
}
