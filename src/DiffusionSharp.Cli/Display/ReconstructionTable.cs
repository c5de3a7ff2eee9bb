using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Models;

namespace DiffusionSharp.Cli.Display;

/// <summary>The rows of <c>ddim reconstruct</c>: lines of text or of CSV as they come, or JSON at the end.</summary>
internal sealed class ReconstructionTable
{
    private readonly CliHost host;
    private readonly bool csv;
    private readonly JsonArray? rows;

    public ReconstructionTable(CliHost host, bool csv, bool json)
    {
        (this.host, this.csv, rows) = (host, csv, json ? [] : null);
        if (!json)
        {
            host.Out.WriteLine(csv ? "steps,mse,psnr,networkCalls" : "steps         mse  PSNR (dB)  network calls per image");
        }
    }

    public void Add(int steps, Reconstruction row)
    {
        var (mse, psnr, calls) = (row.MeanSquaredError, row.Psnr, row.NetworkCalls);
        if (rows is null)
        {
            host.Out.WriteLine(csv
                ? FormattableString.Invariant($"{steps},{mse:R},{psnr:R},{calls:R}")
                : FormattableString.Invariant($"{steps,5}  {mse,10:G3}  {psnr,9:F2}  {calls,23:0.#}"));
            return;
        }

        rows.Add(new JsonObject
        {
            ["steps"] = steps,
            ["mse"] = mse,
            ["psnr"] = double.IsFinite(psnr) ? psnr : null, // JSON has no infinity
            ["networkCalls"] = calls,
        });
    }

    /// <summary>Prints what is printed at the end.</summary>
    public void End()
    {
        if (rows is not null)
        {
            JsonOption.Print(host, json: true, () => rows, () => "");
        }
    }
}
