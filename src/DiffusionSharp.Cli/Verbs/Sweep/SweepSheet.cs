using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Sheets;

namespace DiffusionSharp.Cli.Verbs.Sweep;

/// <summary>The contact sheet of a sweep: S downwards, η across, and an image's place in its cell says which x_T it came from.</summary>
internal static class SweepSheet
{
    private const int Columns = 4;

    public static void Write(string path, Sweep sweep, IReadOnlyList<SweepCell> cells, PictureLook look, string recipe)
    {
        var shape = sweep.Model.Shape;
        var shown = Math.Min(sweep.Images, Sweep.MostShown);
        var (sheet, pixels) = LabelledSheet.Draw(
            shape, [.. cells.Select(c => c.Shown)], Labels(sweep, cells, shown), Math.Min(shown, Columns), look.SheetScale(shape));
        ImageFile.SavePng(path, sheet, pixels, Recipe.Metadata(recipe));
    }

    private static SheetLabels Labels(Sweep sweep, IReadOnlyList<SweepCell> cells, int shown)
    {
        var scored = cells[0].Recognised is not null;
        var ofImages = shown == sweep.Images ? "" : $" of {sweep.Images}";
        return new SheetLabels
        {
            Title = $"{Sheet.Name(sweep.Model)}: steps S{(sweep.Etas.Count > 1 ? " and η" : "")}, the same x_T in every cell",
            Notes =
            [
                $"seeds {SeedOptions.Spell([.. sweep.Options.Seeds!.Take(shown)])}{ofImages}; under each cell the time per image ({SweepTable.Timing}){(scored ? ", the part recognised" : "")}",
                $"and the PSNR to the image of S = {sweep.Reference.Steps}, {sweep.Name(sweep.Reference.Eta)} from the same x_T",
            ],
            Rows = [.. sweep.Steps.Select(s => $"S = {s}")],
            Columns = [.. sweep.Etas.Select(sweep.Name)],
            Captions = [.. cells.Select(c => Caption(c, sweep.Images))],
        };
    }

    private static string[] Caption(SweepCell cell, int images) =>
    [
        SweepTable.Seconds(cell) + " s",
        .. cell.Recognised is null ? Array.Empty<string>() : [SweepTable.Recognised(cell, images)],
        double.IsFinite(cell.Psnr) ? $"{SweepTable.Psnr(cell)} dB" : SweepTable.Psnr(cell),
    ];
}
