namespace DiffusionSharp.Imaging.Data;

/// <summary>The column of a table that pictures were taken from.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Others">Other columns of pictures.</param>
public sealed record PictureColumn(string Name, IReadOnlyList<string> Others);
