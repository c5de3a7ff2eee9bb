using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using DiffusionSharp.Storage;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Training;

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

    /// <summary>The file of an average.</summary>
    /// <param name="decay">Its decay.</param>
    public static string Ema(double decay) => $"ema-{decay.ToString("R", CultureInfo.InvariantCulture)}.safetensors";

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
            var hashes = Directory.EnumerateFiles(temporary).ToDictionary(f => Path.GetFileName(f), Sha256);
            var manifest = new CheckpointManifest { Sha256 = new SortedDictionary<string, string>(hashes, StringComparer.Ordinal) };
            AtomicFile.WriteAllText(Path.Combine(temporary, ManifestFile), JsonSerializer.Serialize(manifest, TrainingJson.Default.CheckpointManifest));
        });
    }

    /// <summary>Reads the position after checking every part against the manifest.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <exception cref="DiffusionException">A part is missing or damaged.</exception>
    public static TrainingState ReadState(string folder)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(RegularFile.ReadAllText(Path.Combine(folder, ManifestFile)), TrainingJson.Default.CheckpointManifest);
            foreach (var (name, expected) in manifest?.Sha256 ?? throw new JsonException("the manifest is null"))
            {
                if (Sha256(Path.Combine(folder, Path.GetFileName(name))) != expected)
                {
                    throw new DiffusionException(ErrorKind.ModelFile, $"checkpoint {folder}: {name} is damaged (its SHA-256 is not the manifest's); write the name of an older checkpoint into the run's file 'latest' to go on from there");
                }
            }

            return JsonSerializer.Deserialize(RegularFile.ReadAllText(Path.Combine(folder, StateFile)), TrainingJson.Default.TrainingState) ?? throw new JsonException("the state is null");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DiffusionException(ErrorKind.ModelFile, $"checkpoint {folder} is incomplete: {e.Message}", e);
        }
    }

    private static string Sha256(string file)
    {
        using var stream = RegularFile.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
