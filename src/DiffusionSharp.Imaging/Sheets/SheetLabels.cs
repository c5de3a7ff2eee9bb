namespace DiffusionSharp.Imaging.Sheets;

/// <summary>The words around the cells of a <see cref="LabelledSheet"/>.</summary>
public sealed record SheetLabels
{
    /// <summary>The first line.</summary>
    public required string Title { get; init; }

    /// <summary>Smaller lines beneath the title.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>One label beside each row of cells, from the top.</summary>
    public required IReadOnlyList<string> Rows { get; init; }

    /// <summary>One label above each column of cells, from the left.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Beneath each cell, row by row: parts that stand on one line where the cell is wide enough, else one below the other.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Captions { get; init; }
}
