namespace DiffusionSharp.Training.Runs;

/// <summary>What of a training run a path names: the run (its newest checkpoint), one of its checkpoints, or a file in one.</summary>
/// <param name="Run">The run.</param>
/// <param name="Folder">The checkpoint's folder.</param>
public sealed record RunCheckpoint(RunFolder Run, string Folder)
{
    /// <summary>Whether the run was named, and no checkpoint of it.</summary>
    public bool IsLatest { get; private init; }

    /// <summary>What has to be said of the choice of its newest checkpoint, a sentence; null for nothing.</summary>
    public string? Note { get; private init; }

    /// <summary>The file in the checkpoint that was named; null where a folder was.</summary>
    public string? Part { get; private init; }

    /// <summary>Finds what a path names.</summary>
    /// <param name="path">A folder or file.</param>
    /// <returns>Null when it has no part in a run.</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: the run has no checkpoint, or the checkpoint no run around it.</exception>
    public static RunCheckpoint? Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (new RunFolder(path) is { Exists: true } run)
        {
            var latest = run.Latest(out var note) ?? throw new DiffusionException(
                ErrorKind.ModelFile, $"the run {run.Root} has no checkpoint yet; train it first (ddim train goes on with it)");
            return new RunCheckpoint(run, latest) { IsLatest = true, Note = note };
        }

        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var isFile = File.Exists(full);
        if ((isFile ? Path.GetDirectoryName(full) : full) is not { } folder || !Checkpoint.Is(folder))
        {
            return null;
        }

        // RUN/checkpoints/N, or a copy that somebody keeps as RUN/N.
        var parent = Path.GetDirectoryName(folder);
        return new[] { Path.GetDirectoryName(parent), parent }.OfType<string>().Select(f => new RunFolder(f)).FirstOrDefault(r => r.Exists) is { } owner
            ? new RunCheckpoint(owner, folder) { Part = isFile ? Path.GetFileName(full) : null }
            : isFile ? null : throw new DiffusionException(
                ErrorKind.ModelFile,
                $"{path} is a checkpoint of a training run without the run's config.json, which says what its network is: copy that file into the folder above");
    }
}
