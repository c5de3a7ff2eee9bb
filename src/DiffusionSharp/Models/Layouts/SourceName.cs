namespace DiffusionSharp.Models.Layouts;

/// <summary>Where another code base keeps a parameter of ours: a tensor, or every row block of one that belongs to it.</summary>
/// <param name="Name">The tensor's name.</param>
internal readonly record struct SourceName(string Name)
{
    /// <summary>
    /// How the rows of the tensor are laid out where it holds several parameters (q, k and v): [Groups, Parts, rest], of which this is
    /// part number <see cref="Part"/>.
    /// </summary>
    public int Parts { get; init; } = 1;

    /// <summary>Which of the parts.</summary>
    public int Part { get; init; }

    /// <summary>How often the parts repeat: once for each attention head, or once.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>True where the same elements have another shape there, beyond dimensions of one.</summary>
    public bool OtherShape { get; init; }
}
