using System.CommandLine;

namespace DiffusionSharp.Cli.CommandLine;

/// <summary>A table's other forms: <c>--csv</c>, <c>--json</c>.</summary>
internal sealed class TableOptions
{
    private readonly Option<bool> csv = new("--csv");
    private readonly Option<bool> json = JsonOption.Create();

    public IEnumerable<Option> All => [csv, json];

    /// <summary>What was asked for.</summary>
    /// <exception cref="DiffusionException">Both were.</exception>
    public (bool Csv, bool Json) Resolve(ParseResult r) => (r.GetValue(csv), r.GetValue(json)) is not (true, true) and var form
        ? form
        : throw new DiffusionException(ErrorKind.Usage, "--json and --csv exclude each other: give one");
}
