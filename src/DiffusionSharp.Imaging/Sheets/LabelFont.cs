using SkiaSharp;

namespace DiffusionSharp.Imaging.Sheets;

/// <summary>
/// The typeface of labels and plots: a part of DejaVu Sans (Latin, Greek, arrows, some mathematics) that comes with the library, so
/// that text shows, and looks the same, on machines without fonts.
/// </summary>
public static class LabelFont
{
    private static readonly Lazy<SKTypeface> Loaded = new(Load);

    /// <summary>The typeface, shared by all; do not dispose it.</summary>
    public static SKTypeface Typeface => Loaded.Value;

    /// <summary>Whether it has every letter of a text.</summary>
    /// <param name="text">The text.</param>
    public static bool Has(string text) => Typeface.ContainsGlyphs(text);

    /// <summary>The typeface in a size; the caller disposes it.</summary>
    /// <param name="size">Em size in pixels.</param>
    internal static SKFont Sized(float size) => new(Typeface, size) { Edging = SKFontEdging.Antialias, Subpixel = true, Hinting = SKFontHinting.None };

    private static SKTypeface Load()
    {
        using var resource = typeof(LabelFont).Assembly.GetManifestResourceStream("DejaVuSans.ttf")!;
        using var data = SKData.Create(resource);
        return SKTypeface.FromData(data);
    }
}
