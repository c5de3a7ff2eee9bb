namespace DiffusionSharp.Training.Runs;

/// <summary>What a checkpoint consists of, so that a damaged part is found before it is used.</summary>
internal sealed record CheckpointManifest
{
    /// <summary>The format's version.</summary>
    public int Version { get; init; } = 1;

    /// <summary>SHA-256 of each part, lower-case hex, by file name.</summary>
    public required SortedDictionary<string, string> Sha256 { get; init; }
}
