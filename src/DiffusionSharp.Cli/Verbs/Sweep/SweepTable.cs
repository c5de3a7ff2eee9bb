using System.Globalization;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Output;

namespace DiffusionSharp.Cli.Verbs.Sweep;

/// <summary>A sweep as a table: text, CSV, JSON.</summary>
internal static class SweepTable
{
    /// <summary>What the time per image is.</summary>
    public const string Timing = "median network call × calls";

    /// <summary>The rows of cells of so many images.</summary>
    public static TableRows<SweepCell> Rows(int images) => new(
        "steps      eta  network calls  s/image  recognised  PSNR (dB)",
        cell => FormattableString.Invariant(
            $"{cell.Steps,5}  {cell.Eta,7}  {cell.NetworkCalls,13}  {Seconds(cell),7}  {Recognised(cell, images),10}  {Psnr(cell),9}"),
        "steps,eta,images,networkCalls,secondsPerImage,recognised,mse,psnr",
        cell => FormattableString.Invariant(
            $"{cell.Steps},{cell.Eta},{images},{cell.NetworkCalls},{cell.SecondsPerImage:R},{cell.Recognised},{cell.MeanSquaredError:R},{cell.Psnr:R}"));

    public static JsonObject Json(Sweep sweep, IReadOnlyList<SweepCell> cells, SampleResult result, string folder, IEnumerable<string> notes) => new()
    {
        ["out"] = folder,
        ["model"] = sweep.Model.Name,
        ["seeds"] = SeedOptions.Spell([.. sweep.Options.Seeds!]),
        ["images"] = sweep.Images,
        ["reference"] = new JsonObject { ["steps"] = sweep.Reference.Steps, ["eta"] = sweep.Reference.Eta.ToString() },
        ["secondsPerImageIs"] = Timing,
        ["callsMade"] = result.Calls,
        ["seconds"] = result.Seconds,
        ["cells"] = new JsonArray([.. cells.Select(c => (JsonNode)new JsonObject
        {
            ["steps"] = c.Steps,
            ["eta"] = c.Eta.ToString(),
            ["networkCalls"] = c.NetworkCalls,
            ["secondsPerImage"] = c.SecondsPerImage,
            ["recognised"] = c.Recognised,
            ["mse"] = c.MeanSquaredError,
            ["psnr"] = JsonParts.Finite(c.Psnr),
        })]),
        ["notes"] = JsonParts.List(notes),
    };

    /// <summary>The time per image.</summary>
    public static string Seconds(SweepCell cell) => cell.SecondsPerImage.ToString(cell.SecondsPerImage < 10 ? "F3" : "F1", CultureInfo.InvariantCulture);

    /// <summary>The part that is recognised, or a dash.</summary>
    public static string Recognised(SweepCell cell, int images) =>
        cell.Recognised is int n ? FormattableString.Invariant($"{100.0 * n / images:F0} %") : "–";

    /// <summary>Nearness to the reference, or that it is the reference.</summary>
    public static string Psnr(SweepCell cell) => double.IsFinite(cell.Psnr) ? FormattableString.Invariant($"{cell.Psnr:F1}") : "reference";
}
