using System.Globalization;
using DiffusionSharp.Storage;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Training;

/// <summary>Where a training run keeps what: RUN/{config.json, metrics.jsonl, tensorboard/, samples/, latest, checkpoints/N/…}.</summary>
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
    public bool Exists => File.Exists(Config) && !ModelFolder.IsNetwork(Root);

    private string LatestFile => Path.Combine(Root, "latest");

    private string Checkpoints => Path.Combine(Root, "checkpoints");

    /// <summary>The folder of the checkpoint written at an image count.</summary>
    /// <param name="images">Images seen.</param>
    public string Checkpoint(long images) => Path.Combine(Checkpoints, images.ToString("D12", CultureInfo.InvariantCulture));

    /// <summary>The newest complete checkpoint's folder, or null before the first.</summary>
    /// <exception cref="DiffusionException">The file <c>latest</c> names a checkpoint that is not there.</exception>
    public string? Latest()
    {
        if (!File.Exists(LatestFile))
        {
            return null;
        }

        var name = RegularFile.ReadAllText(LatestFile).Trim();
        var folder = Path.Combine(Checkpoints, name);
        return name.Length > 0 && name.All(char.IsAsciiDigit) && Directory.Exists(folder)
            ? folder
            : throw new DiffusionException(ErrorKind.ModelFile, $"{LatestFile} names checkpoint '{name}', which is not in {Checkpoints}; it holds: {string.Join(", ", Names())}. Write one of these names into the file");
    }

    /// <summary>Makes a complete checkpoint the newest, then deletes all but the newest ones, and what a killed sitting left half-written.</summary>
    /// <param name="images">Images seen.</param>
    /// <param name="keep">How many to keep, at least 1.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public void Advance(long images, int keep)
    {
        var current = Path.GetFileName(Checkpoint(images));
        AtomicFile.WriteAllText(LatestFile, current + "\n");
        StorageErrors.Guard("delete old checkpoints in", Checkpoints, () =>
        {
            // Those ahead of this one belong to a sitting that was given up (somebody set 'latest' back): they go first.
            var old = Names().Where(n => n != current)
                .OrderBy(n => string.CompareOrdinal(n, current) > 0).ThenByDescending(n => n, StringComparer.Ordinal)
                .Skip(keep - 1).Select(n => Path.Combine(Checkpoints, n));
            foreach (var folder in old.Concat(Directory.GetDirectories(Checkpoints, ".*.tmp")).ToList())
            {
                Directory.Delete(folder, recursive: true);
            }
        });
    }

    private IEnumerable<string> Names() => Directory.Exists(Checkpoints)
        ? Directory.EnumerateDirectories(Checkpoints).Select(d => Path.GetFileName(d)).Where(n => n.All(char.IsAsciiDigit)).Order(StringComparer.Ordinal)
        : [];
}
