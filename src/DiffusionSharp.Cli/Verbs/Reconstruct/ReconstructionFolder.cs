using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Sheets;

namespace DiffusionSharp.Cli.Verbs.Reconstruct;

/// <summary>The files of <c>ddim reconstruct</c>.</summary>
internal static class ReconstructionFolder
{
    public static void Write(string folder, ReconstructionRun run, IReadOnlyList<ReconstructionRow> rows, PictureLook look, string recipe)
    {
        OutputFolder.WriteTable(folder, ReconstructionTable.Rows.Csv(rows), ReconstructionTable.Json(rows));
        var shape = run.Model.Shape;
        var images = run.Shown;
        var shown = images.Length / shape.Elements;
        var (sheet, pixels) = LabelledSheet.Draw(shape, [images, .. rows.Select(row => row.Shown)], Labels(run, rows, shown), shown, look.SheetScale(shape));
        ImageFile.SavePng(Path.Combine(folder, "sheet.png"), sheet, pixels, Recipe.Metadata(recipe));
    }

    private static SheetLabels Labels(ReconstructionRun run, IReadOnlyList<ReconstructionRow> rows, int shown) => new()
    {
        Title = $"{Sheet.Name(run.Model)}: images, and what came back with S steps up and S down",
        Notes =
        [
            $"network at the {run.Level.ToString().ToLowerInvariant()} level; mean squared error in 0…1 and PSNR of {run.Count} images"
                + (shown < run.Count ? $", of which {shown} are shown" : ""),
        ],
        Rows = ["images", .. rows.Select(row => $"S = {row.Steps}")],
        Columns = [""],
        Captions = [[], .. rows.Select(Caption)],
    };

    private static string[] Caption(ReconstructionRow row) =>
    [
        FormattableString.Invariant($"mse {row.MeanSquaredError:G3}"),
        FormattableString.Invariant($"{row.Psnr:F1} dB"),
    ];
}
