using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Output;

namespace DiffusionSharp.Cli.Verbs.Reconstruct;

/// <summary>The rows as text, CSV, JSON.</summary>
internal static class ReconstructionTable
{
    public static TableRows<ReconstructionRow> Rows { get; } = new(
        "steps         mse  PSNR (dB)  network calls per image",
        row => FormattableString.Invariant($"{row.Steps,5}  {row.MeanSquaredError,10:G3}  {row.Psnr,9:F2}  {row.NetworkCalls,23:0.#}"),
        "steps,mse,psnr,networkCalls",
        row => FormattableString.Invariant($"{row.Steps},{row.MeanSquaredError:R},{row.Psnr:R},{row.NetworkCalls:R}"));

    public static JsonArray Json(IEnumerable<ReconstructionRow> rows) => new([.. rows.Select(row => (JsonNode)new JsonObject
    {
        ["steps"] = row.Steps,
        ["mse"] = row.MeanSquaredError,
        ["psnr"] = JsonParts.Finite(row.Psnr),
        ["networkCalls"] = row.NetworkCalls,
    })]);
}
