namespace DiffusionSharp.Imaging.Data;

/// <summary>A file that cannot be used.</summary>
/// <param name="Name">Its path, or its name inside an archive.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record BadFile(string Name, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Reason}";
}
