using DiffusionSharp.Imaging.Sheets;
using ScottPlot;
using SkiaSharp;

namespace DiffusionSharp.Cli.Optional;

/// <summary>Gives ScottPlot the one typeface there is on every machine.</summary>
internal sealed class PlotFont : IFontResolver
{
    public SKTypeface CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => LabelFont.Typeface;

    public SKTypeface CreateTypeface(string fontName, bool bold, bool italic) => LabelFont.Typeface;

    /// <summary>A plot whose text shows on machines without fonts.</summary>
    public static Plot NewPlot()
    {
        Fonts.FontResolvers.Clear(); // it would look for fonts of the machine
        Fonts.FontResolvers.Add(new PlotFont());
        var plot = new Plot();
        plot.Font.Set(LabelFont.Typeface.FamilyName);
        return plot;
    }
}
