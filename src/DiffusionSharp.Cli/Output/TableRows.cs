namespace DiffusionSharp.Cli.Output;

/// <summary>The rows of a table as text and as CSV.</summary>
/// <typeparam name="T">What a row shows.</typeparam>
/// <param name="TextHeader">Above the rows as text.</param>
/// <param name="Text">A row as text.</param>
/// <param name="CsvHeader">Above the rows as CSV.</param>
/// <param name="CsvRow">A row as CSV.</param>
internal sealed record TableRows<T>(string TextHeader, Func<T, string> Text, string CsvHeader, Func<T, string> CsvRow)
{
    /// <summary>The whole table as CSV.</summary>
    public string Csv(IEnumerable<T> rows) => string.Concat(rows.Select(CsvRow).Prepend(CsvHeader).Select(line => line + "\n"));

    /// <summary>Writes the header; what comes back writes each row as it is found, so that an interrupted long table still shows something.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="csv">As CSV instead of text.</param>
    /// <param name="json">Nothing: the table follows whole, as JSON.</param>
    public Action<T> Printer(TextWriter target, bool csv, bool json)
    {
        if (json)
        {
            return _ => { };
        }

        target.WriteLine(csv ? CsvHeader : TextHeader);
        return row => target.Write($"{(csv ? CsvRow(row) : Text(row))}\n");
    }
}
