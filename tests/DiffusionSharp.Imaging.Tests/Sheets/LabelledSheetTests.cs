using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Sheets;
using SkiaSharp;

namespace DiffusionSharp.Imaging.Tests.Sheets;

public class LabelledSheetTests
{
    private const string Words = "S = 10, η = 0.2, σ̂: 0.123 s · 94 % → 31.2 dB ≤ ∞";

    private static SheetLabels Labels(int rows, int columns) => new()
    {
        Title = "shapes-32, seeds 0-15",
        Notes = [Words, "a note"],
        Rows = [.. Enumerable.Range(0, rows).Select(r => $"S = {Math.Pow(10, r)}")],
        Columns = [.. Enumerable.Range(0, columns).Select(c => $"η = {c / 10.0}")],
        Captions = [.. Enumerable.Repeat<IReadOnlyList<string>>(["0.123 s", "94 %", "31.2 dB"], rows * columns)],
    };

    [Fact]
    public void The_font_comes_with_the_library_and_has_the_fields_letters()
    {
        Assert.Equal("DejaVu Sans", LabelFont.Typeface.FamilyName);
        Assert.InRange(LabelFont.Typeface.GlyphCount, 300, 600); // An installed DejaVu Sans has thousands.
        Assert.All(Words.EnumerateRunes(), rune => Assert.NotEqual(0, LabelFont.Typeface.GetGlyph(rune.Value)));
        Assert.Equal(0, LabelFont.Typeface.GetGlyph('字'));
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(96, 96)]
    [InlineData(384, 384)]
    [InlineData(1030, 260)]
    public void Nothing_overlaps_and_all_is_on_the_sheet(int width, int height)
    {
        var layout = new SheetLayout(Labels(3, 4), width, height);

        SKRect[] boxes = [.. layout.Texts.Select(t => t.Box), .. layout.Cells.Select(c => SKRect.Create(c.X, c.Y, width, height))];
        foreach (var (i, box) in boxes.Index())
        {
            Assert.True(new SKRect(0, 0, layout.Width, layout.Height).Contains(box), $"{box} leaves the sheet");
            Assert.All(boxes[..i], other => Assert.False(SKRect.Inflate(box, -0.5f, -0.5f).IntersectsWith(other), $"{box} and {other} overlap"));
        }

        Assert.Equal(12, layout.Cells.Count);
        Assert.Equal(4, layout.Cells.DistinctBy(c => c.X).Count());
        Assert.Equal(3, layout.Cells.DistinctBy(c => c.Y).Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void Rows_stand_beside_one_another(int across)
    {
        var layout = new SheetLayout(Labels(7, 2) with { Across = across }, 100, 100);

        Assert.Equal(14, layout.Cells.Count);
        Assert.Equal(2 * across, layout.Cells.DistinctBy(c => c.X).Count());
        Assert.Equal((6 / across) + 1, layout.Cells.DistinctBy(c => c.Y).Count());
        Assert.Equal(layout.Cells[0].Y, layout.Cells[(2 * across) - 1].Y);
        Assert.Equal(across, layout.Texts.Count(t => t.Text == "η = 0.1"));
        SKRect[] boxes = [.. layout.Texts.Select(t => t.Box), .. layout.Cells.Select(c => SKRect.Create(c.X, c.Y, 100, 100))];
        foreach (var (i, box) in boxes.Index())
        {
            Assert.True(new SKRect(0, 0, layout.Width, layout.Height).Contains(box), $"{box} leaves the sheet");
            Assert.All(boxes[..i], other => Assert.False(SKRect.Inflate(box, -0.5f, -0.5f).IntersectsWith(other), $"{box} and {other} overlap"));
        }
    }

    [Fact]
    public void Words_that_are_not_there_take_no_room()
    {
        var layout = new SheetLayout(SheetLabels.Captioned([[], [], [], [], []]), 100, 100);

        Assert.Empty(layout.Texts);
        Assert.Equal((13 + (3 * 113), 13 + (2 * 113)), (layout.Width, layout.Height));
        Assert.Equal((13, 13), (layout.Cells[0].X, layout.Cells[0].Y));
        Assert.Equal((126, 126), (layout.Cells[4].X, layout.Cells[4].Y));
    }

    [Fact]
    public void A_sheet_that_is_too_large_is_refused_before_it_is_drawn()
    {
        var labels = SheetLabels.Captioned([.. Enumerable.Repeat<IReadOnlyList<string>>(["seed 7"], 900)]);
        var e = Assert.Throws<DiffusionException>(() => LabelledSheet.RequireRoom(new ImageShape(3, 1024, 1024), 1, labels, 1, 1));
        Assert.Contains("900 cells", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Captions_are_stacked_where_they_are_too_wide()
    {
        Assert.Contains(new SheetLayout(Labels(1, 1), 400, 100).Texts, t => t.Text == "0.123 s   94 %   31.2 dB");
        Assert.Contains(new SheetLayout(Labels(1, 1), 96, 96).Texts, t => t.Text == "94 %");
    }

    [Fact]
    public void Every_text_leaves_ink_and_stays_in_its_box()
    {
        var labels = Labels(2, 2);
        var cells = Enumerable.Repeat(Enumerable.Repeat((byte)255, 64).ToArray(), 4).ToArray();
        var (sheet, pixels) = LabelledSheet.Draw(new ImageShape(1, 8, 8), cells, labels, columns: 1, scale: 12);
        var layout = new SheetLayout(labels, 100, 100);

        Assert.Equal((3, layout.Height, layout.Width), (sheet.Channels, sheet.Height, sheet.Width));
        foreach (var text in layout.Texts)
        {
            Assert.True(Ink(text.Box) > 2 * text.Text.Length, $"'{text.Text}' is not drawn");
        }

        Assert.Equal(Ink(new SKRect(0, 0, sheet.Width, sheet.Height)), layout.Texts.Sum(t => Ink(t.Box)));

        int Ink(SKRect box) => Pixels(box).Count(p => p < 200);

        IEnumerable<byte> Pixels(SKRect box) =>
            from y in Enumerable.Range((int)box.Top, (int)Math.Ceiling(box.Bottom) - (int)box.Top)
            from x in Enumerable.Range((int)box.Left, (int)Math.Ceiling(box.Right) - (int)box.Left)
            where y < sheet.Height && x < sheet.Width
            select pixels[(y * sheet.Width) + x];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Cells_stand_where_the_layout_says_unchanged(int channels)
    {
        var shape = new ImageShape(channels, 5, 7);
        var random = new Random(1);
        var cells = Enumerable.Range(0, 6).Select(_ =>
        {
            var cell = new byte[2 * shape.Elements];
            random.NextBytes(cell);
            return cell;
        }).ToArray();
        var labels = Labels(2, 3);
        var (sheet, pixels) = LabelledSheet.Draw(shape, cells, labels, columns: 2, scale: 3);

        for (var n = 0; n < cells.Length; n++)
        {
            var (grid, expected) = ImageGrid.Make(shape, cells[n], 2, 3);
            var at = new SheetLayout(labels, grid.Width, grid.Height).Cells[n];
            for (var c = 0; c < 3; c++)
            {
                for (var y = 0; y < grid.Height; y++)
                {
                    var row = expected.AsSpan(((c % channels * grid.Height) + y) * grid.Width, grid.Width).ToArray();
                    Assert.Equal(row, pixels.AsSpan((((c * sheet.Height) + at.Y + y) * sheet.Width) + at.X, grid.Width).ToArray());
                }
            }
        }
    }

    [Fact]
    public void Labels_that_do_not_fit_the_cells_are_refused() => Assert.Throws<ArgumentException>(
        () => LabelledSheet.Draw(new ImageShape(1, 1, 1), [[0], [0]], Labels(1, 1), 1, 1));
}
