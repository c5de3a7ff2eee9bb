using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Imaging.Sheets;

/// <summary>The words around the cells of a <see cref="LabelledSheet"/>.</summary>
public sealed record SheetLabels
{
    /// <summary>The first line; empty for none.</summary>
    public string Title { get; init; } = "";

    /// <summary>Smaller lines beneath the title.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>One label beside each row of cells, from the top; empty ones take no room where all are.</summary>
    public required IReadOnlyList<string> Rows { get; init; }

    /// <summary>How many rows stand beside one another before the next ones begin below them, each under its own labels of columns.</summary>
    public int Across { get; init; } = 1;

    /// <summary>One label above each column of cells, from the left.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Beneath each cell, row by row: parts that stand on one line where the cell is wide enough, else one below the other.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Captions { get; init; }

    /// <summary>The words of a sheet whose cells have captions and nothing else.</summary>
    /// <param name="captions">Beneath each cell.</param>
    /// <param name="across">Cells in a row; null makes as many rows as columns.</param>
    public static SheetLabels Captioned(IReadOnlyList<IReadOnlyList<string>> captions, int? across = null)
    {
        ArgumentNullException.ThrowIfNull(captions);
        return new() { Rows = [.. captions.Select(_ => "")], Columns = [""], Captions = captions, Across = across ?? ImageGrid.NearSquareColumns(captions.Count) };
    }
}
