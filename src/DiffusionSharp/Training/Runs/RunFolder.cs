using System.Globalization;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;

namespace DiffusionSharp.Training.Runs;

/// <summary>Where a training run keeps what: RUN/{config.json, metrics.jsonl, tensorboard/, samples/, latest, checkpoints/N/…, snapshots/N/…}.</summary>
public sealed class RunFolder
{
    /// <summary>Names the folder; nothing is created or read.</summary>
    /// <param name="path">The run's folder.</param>
    public RunFolder(string path) => Root = Path.GetFullPath(path);

    /// <summary>The folder itself.</summary>
    public string Root { get; }

    /// <summary>The resolved configuration.</summary>
    public string Config => Path.Combine(Root, "config.json");

    /// <summary>One JSON object per line: losses, validations, rates.</summary>
    public string Metrics => Path.Combine(Root, "metrics.jsonl");

    /// <summary>Event files for TensorBoard.</summary>
    public string TensorBoard => Path.Combine(Root, "tensorboard");

    /// <summary>Grids drawn while training.</summary>
    public string Samples => Path.Combine(Root, "samples");

    /// <summary>The finished model, a diffusers folder.</summary>
    public string Model => Path.Combine(Root, "model");

    /// <summary>The timesteps tuned for the run's weights, where they were.</summary>
    public string TunedTimesteps => Path.Combine(Root, TunedTimestepsJson.FileName);

    /// <summary>True when a run was begun here.</summary>
    public bool Exists => Names().Any() || (File.Exists(Config) && !ModelFolder.IsModel(Root));

    /// <summary>Averages that were stored on the way, so that others can be made of them; they are kept.</summary>
    public string Snapshots => Path.Combine(Root, "snapshots");

    private string LatestFile => Path.Combine(Root, "latest");

    private string Checkpoints => Path.Combine(Root, "checkpoints");

    /// <summary>The folder of the checkpoint written at an image count.</summary>
    /// <param name="images">Images seen.</param>
    public string Checkpoint(long images) => Path.Combine(Checkpoints, Name(images));

    /// <summary>The checkpoint to go on from and to sample; see <see cref="Latest(out string?)"/>.</summary>
    /// <exception cref="DiffusionException">As there.</exception>
    public string? Latest() => Latest(out _);

    /// <summary>
    /// The checkpoint to go on from and to sample, or null where a run may begin. The file <c>latest</c> names it; where that file is missing it is
    /// the newest one that its manifest calls whole.
    /// </summary>
    /// <param name="note">What has to be said of the choice; null where <c>latest</c> made it.</param>
    /// <exception cref="DiffusionException">
    /// <see cref="ErrorKind.ModelFile"/>: <c>latest</c> names a checkpoint that is not there, none is whole, or the folder holds a model or what
    /// else a run left, which a new run would write over.
    /// </exception>
    public string? Latest(out string? note)
    {
        note = null;
        if (File.Exists(LatestFile))
        {
            return Named();
        }

        string[] names = [.. Names().Reverse()];
        if (names.FirstOrDefault(n => Runs.Checkpoint.IsWhole(Path.Combine(Checkpoints, n))) is { } newest)
        {
            string[] damaged = [.. names.TakeWhile(n => n != newest)];
            note = $"{LatestFile} is missing: the newest whole checkpoint is taken, {newest}" + (damaged.Length == 0 ? "" : $"; damaged: {string.Join(", ", damaged)}");
            return Path.Combine(Checkpoints, newest);
        }

        return Occupied(names) is { } what
            ? throw new DiffusionException(ErrorKind.ModelFile, $"{Root} holds {what}, and a new run would write over it: choose another folder")
            : null;
    }

    /// <summary>Writes a checkpoint, makes it the newest, then deletes all but the newest ones.</summary>
    /// <param name="images">Images seen.</param>
    /// <param name="keep">How many to keep, at least 1.</param>
    /// <param name="write">Writes it into the folder of that name, whole or not at all.</param>
    /// <exception cref="DiffusionException">The storage refused; the newest checkpoint is as it was.</exception>
    public void Save(long images, int keep, Action<string> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var folder = Checkpoint(images);

        // What a killed session left half-written, and one of a session that was given up. Space may be short.
        Delete(Directory.Exists(Checkpoints) ? Directory.GetDirectories(Checkpoints, ".*.tmp").Append(folder).Where(Directory.Exists) : []);
        write(folder);
        Advance(images, keep);
    }

    /// <summary>The folders of the stored averages, the oldest first.</summary>
    public IReadOnlyList<string> SnapshotFolders() => [.. Names(Snapshots).Select(n => Path.Combine(Snapshots, n))];

    /// <summary>Stores averages for good.</summary>
    /// <param name="images">Images seen.</param>
    /// <param name="write">Writes them into the folder of that name, whole or not at all.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    internal void SaveSnapshot(long images, Action<string> write)
    {
        var folder = Path.Combine(Snapshots, Name(images));
        Delete(Directory.Exists(Snapshots) ? Directory.GetDirectories(Snapshots, ".*.tmp").Append(folder).Where(Directory.Exists) : [], Snapshots);
        write(folder);
    }

    /// <summary>Deletes the averages that a lost session stored after its last checkpoint.</summary>
    /// <param name="images">Images seen up to that.</param>
    internal void DropSnapshots(long images) => Delete(SnapshotFolders().Where(f => string.CompareOrdinal(Path.GetFileName(f), Name(images)) > 0), Snapshots);

    /// <summary>Does something that writes into the run. Where the disk is full, the error also names what may be deleted.</summary>
    /// <typeparam name="T">What it results in.</typeparam>
    /// <param name="write">Writes.</param>
    public T Guarded<T>(Func<T> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        try
        {
            return write();
        }
        catch (DiffusionException e) when (StorageErrors.IsDiskFull(e))
        {
            throw new DiffusionException(e.Kind, $"{e.Message}. {Spare()}", e);
        }
    }

    /// <summary>Makes a complete checkpoint the newest, then deletes all but the newest ones.</summary>
    /// <param name="images">Images seen.</param>
    /// <param name="keep">How many to keep, at least 1.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    internal void Advance(long images, int keep)
    {
        var current = Path.GetFileName(Checkpoint(images));
        AtomicFile.WriteAllText(LatestFile, current + "\n");

        // Those ahead of this one belong to a session that was given up (somebody set 'latest' back): they go first.
        Delete(Names().Where(n => n != current)
            .OrderBy(n => string.CompareOrdinal(n, current) > 0).ThenByDescending(n => n, StringComparer.Ordinal)
            .Skip(keep - 1).Select(n => Path.Combine(Checkpoints, n)));
    }

    private void Delete(IEnumerable<string> folders, string? of = null) => StorageErrors.Guard($"delete old {(of is null ? "checkpoints" : "averages")} in", of ?? Checkpoints, () =>
    {
        foreach (var folder in folders.ToList())
        {
            Directory.Delete(folder, recursive: true);
        }
    });

    private string Named()
    {
        var name = RegularFile.ReadAllText(LatestFile).Trim();
        var folder = Path.Combine(Checkpoints, name);
        return name.Length > 0 && name.All(char.IsAsciiDigit) && Directory.Exists(folder)
            ? folder
            : throw new DiffusionException(ErrorKind.ModelFile, $"{LatestFile} names checkpoint '{name}', which is not in {Checkpoints}; it holds: {string.Join(", ", Names())}. Write one of these names into the file");
    }

    // What is in the way of a new run where no checkpoint is whole.
    private string? Occupied(string[] names) =>
        names.Length > 0 ? $"checkpoints ({string.Join(", ", names)}), none of which is whole"
        : ModelFolder.IsModel(Root) ? "a model"
        : Directory.Exists(Model) || new FileInfo(Metrics) is { Exists: true, Length: > 0 } ? "what a run left (metrics.jsonl, model), but no checkpoint to go on from"
        : null;

    private string Spare()
    {
        var needed = File.Exists(LatestFile) ? RegularFile.ReadAllText(LatestFile).Trim() : Names().LastOrDefault();
        string[] spare = [.. Names().Where(n => n != needed).Select(n => Path.Combine(Checkpoints, n)), .. new[] { Samples, TensorBoard }.Where(Directory.Exists)];
        var sizes = spare.Select(f => FormattableString.Invariant($"{f} ({Size(f) / 1e6:F1} MB)"));
        return $"Of the run these may be deleted: {string.Join(", ", sizes.DefaultIfEmpty("nothing"))}. The checkpoint {needed} is needed to go on; "
            + "keeping fewer takes effect only once the next one is written";

        static long Size(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
    }

    private static string Name(long images) => images.ToString("D12", CultureInfo.InvariantCulture);

    private IEnumerable<string> Names() => Names(Checkpoints);

    private static IEnumerable<string> Names(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateDirectories(folder).Select(d => Path.GetFileName(d)).Where(n => n.All(char.IsAsciiDigit)).Order(StringComparer.Ordinal)
        : [];
}
