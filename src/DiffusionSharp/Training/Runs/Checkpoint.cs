using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Training.Runs;

/// <summary>
/// Everything a run needs to go on as if it had never stopped: <c>unet</c>, <c>ema-DECAY</c> and <c>optimizer</c>
/// as safetensors, <c>state.json</c>, and a manifest with their SHA-256.
/// </summary>
public static class Checkpoint
{
    private const string StateFile = "state.json";
    private const string ManifestFile = "manifest.json";

    /// <summary>The file of the weights.</summary>
    public const string Weights = "unet.safetensors";

    /// <summary>The file of the optimizer's moments.</summary>
    public const string Optimizer = "optimizer.safetensors";

    /// <summary>The file of the losses that t is drawn by, where it is drawn by them.</summary>
    public const string Timesteps = "timesteps.safetensors";

    /// <summary>The file of an average.</summary>
    /// <param name="decay">Its decay.</param>
    public static string Ema(double decay) => $"ema-{decay.ToString("R", CultureInfo.InvariantCulture)}.safetensors";

    /// <summary>The file of an average by a power function.</summary>
    /// <param name="length">Its σ_rel.</param>
    public static string Power(double length) => $"ema-power-{length.ToString("R", CultureInfo.InvariantCulture)}.safetensors";

    /// <summary>Whether a file's name is that of an average.</summary>
    internal static bool IsEma(string name) => name.StartsWith("ema-", StringComparison.Ordinal) && name.EndsWith(".safetensors", StringComparison.Ordinal);

    /// <summary>Writes a checkpoint; it appears whole or not at all.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="state">The position.</param>
    /// <param name="parts">Tensors by file name.</param>
    public static void Write(string folder, TrainingState state, IReadOnlyDictionary<string, IReadOnlyDictionary<string, HostTensor>> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        AtomicFolder.Create(folder, temporary =>
        {
            foreach (var (name, tensors) in parts)
            {
                SafetensorsWriter.Write(Path.Combine(temporary, name), tensors);
            }

            AtomicFile.WriteAllText(Path.Combine(temporary, StateFile), JsonSerializer.Serialize(state, TrainingJson.Default.TrainingState));
            var hashes = Directory.EnumerateFiles(temporary).ToDictionary(f => Path.GetFileName(f), Sha256.ComputeFile);
            var manifest = new CheckpointManifest { Sha256 = new SortedDictionary<string, string>(hashes, StringComparer.Ordinal) };
            AtomicFile.WriteAllText(Path.Combine(temporary, ManifestFile), JsonSerializer.Serialize(manifest, TrainingJson.Default.CheckpointManifest));
        });
    }

    /// <summary>Reads the position after checking every part against the manifest.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <exception cref="DiffusionException">A part is missing or damaged (<see cref="ErrorKind.ModelFile"/>).</exception>
    public static TrainingState ReadState(string folder)
    {
        Verify(folder);
        return Reading(folder, StateFile, TrainingJson.Default.TrainingState);
    }

    /// <summary>Reads the position alone, after checking it against the manifest.</summary>
    internal static TrainingState ReadPosition(string folder)
    {
        Verify(folder, StateFile);
        return Reading(folder, StateFile, TrainingJson.Default.TrainingState);
    }

    /// <summary>Compares parts with their SHA-256 in the manifest.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="parts">Names of files; without any, all of them.</param>
    /// <exception cref="DiffusionException">A part is missing or damaged (<see cref="ErrorKind.ModelFile"/>).</exception>
    public static void Verify(string folder, params IReadOnlyList<string> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var known = Hashes(folder);
        foreach (var part in parts.Count > 0 ? parts : [.. known.Keys.Union([Weights, StateFile])])
        {
            var expected = known.GetValueOrDefault(part) ?? throw Incomplete(folder, $"its manifest has no {part}");
            if (Guarded(folder, () => Sha256.ComputeFile(Path.Combine(folder, Path.GetFileName(part)))) != expected)
            {
                throw new DiffusionException(
                    ErrorKind.ModelFile,
                    $"checkpoint {folder}: {part} is damaged (its SHA-256 is not the manifest's). Another checkpoint of the run may be whole: {Others(folder)}; "
                    + "sample it as a model, or write its name into the run's file 'latest' to go on from there");
            }
        }
    }

    /// <summary>Whether every part is there and undamaged; all of them are read.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    public static bool IsWhole(string folder)
    {
        try
        {
            Verify(folder);
            return true;
        }
        catch (DiffusionException e) when (e.Kind == ErrorKind.ModelFile)
        {
            return false;
        }
    }

    /// <summary>Whether a folder is a checkpoint's, by the files in it.</summary>
    internal static bool Is(string folder) => File.Exists(Path.Combine(folder, ManifestFile)) && File.Exists(Path.Combine(folder, Weights));

    /// <summary>Whether a part was written, by the manifest; it may have been lost since.</summary>
    internal static bool Has(string folder, string part) => Hashes(folder).ContainsKey(part);

    private static SortedDictionary<string, string> Hashes(string folder) =>
        Reading(folder, ManifestFile, TrainingJson.Default.CheckpointManifest).Sha256 ?? [];

    private static string Others(string folder)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var others = Directory.EnumerateDirectories(Path.GetDirectoryName(full)!).Where(f => Is(f) && f != full).Order(StringComparer.Ordinal);
        return string.Join(", ", others.DefaultIfEmpty("there is none"));
    }

    private static T Reading<T>(string folder, string file, JsonTypeInfo<T> type)
        where T : class => Guarded(
            folder, () => JsonSerializer.Deserialize(StrictJson.Checked(RegularFile.ReadAllText(Path.Combine(folder, file))), type) ?? throw new JsonException($"{file} is null"));

    private static T Guarded<T>(string folder, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw Incomplete(folder, e.Message, e);
        }
    }

    private static DiffusionException Incomplete(string folder, string why, Exception? e = null) => new(ErrorKind.ModelFile, $"checkpoint {folder} is incomplete: {why}", e);
}
