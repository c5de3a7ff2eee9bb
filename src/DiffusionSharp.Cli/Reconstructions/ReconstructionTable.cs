using System.Text.Json.Nodes;

namespace DiffusionSharp.Cli.Reconstructions;

/// <summary>The rows as text, CSV, JSON.</summary>
internal static class ReconstructionTable
{
    public const string TextHeader = "steps         mse  PSNR (dB)  network calls per image";

    public const string CsvHeader = "steps,mse,psnr,networkCalls";

    public static string TextRow(ReconstructionRow row) =>
        FormattableString.Invariant($"{row.Steps,5}  {row.MeanSquaredError,10:G3}  {row.Psnr,9:F2}  {row.NetworkCalls,23:0.#}");

    public static string CsvRow(ReconstructionRow row) =>
        FormattableString.Invariant($"{row.Steps},{row.MeanSquaredError:R},{row.Psnr:R},{row.NetworkCalls:R}");

    public static string Csv(IEnumerable<ReconstructionRow> rows) => string.Concat(rows.Select(CsvRow).Prepend(CsvHeader).Select(line => line + "\n"));

    public static JsonArray Json(IEnumerable<ReconstructionRow> rows) => new([.. rows.Select(row => (JsonNode)new JsonObject
    {
        ["steps"] = row.Steps,
        ["mse"] = row.MeanSquaredError,
        ["psnr"] = double.IsFinite(row.Psnr) ? row.Psnr : null, // JSON has no infinity
        ["networkCalls"] = row.NetworkCalls,
    })]);
}
