namespace DiffusionSharp.Models.Folder;

/// <summary>
/// Which networks a folder offers: itself, or the sub-folders <c>unet</c> and <c>unet_ema</c> that diffusers' training scripts write (in
/// <c>checkpoint-N</c>, without a model_index.json), and where the scheduler beside one is.
/// </summary>
internal static class NetworkFolders
{
    private const string Raw = "unet", Average = "unet_ema", Scheduler = "scheduler";

    /// <summary>Whether a folder without an index holds networks in sub-folders, and no scheduler: with one it is a model folder that has lost its index.</summary>
    public static bool IsCheckpoint(string path) => Offered(path).Any() && !Directory.Exists(Path.Combine(path, Scheduler));

    /// <summary>The sub-folder that is meant: the average where there is one, unless the weights themselves are asked for.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: there is none of what was asked for.</exception>
    public static string Choose(string path, bool raw, bool average)
    {
        var offered = Offered(path).ToArray();
        var wanted = raw ? Raw : average || offered.Contains(Average) ? Average : Raw;
        return offered.Contains(wanted) ? Path.Combine(path, wanted) : throw new DiffusionException(
            ErrorKind.Usage, $"{path} offers {string.Join(" and ", offered)}, and no {wanted}: do not ask for {(raw ? "the weights themselves (raw)" : "the moving average (ema)")}");
    }

    /// <summary>What the folder offers, in a sentence; null when it is one network.</summary>
    public static string? Note(string path) => Offered(path).ToArray() is [var first, var second]
        ? $"it offers {first}, the moving average (ema), and {second}, the weights themselves (raw); the average is taken unless the other is asked for"
        : null;

    /// <summary>The scheduler's configuration in the model folder that a network's folder is a part of, or a checkpoint of; null when there is none.</summary>
    public static string? SchedulerBeside(string network)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(network));
        if (Path.GetFileName(full) is not (Raw or Average) || Path.GetDirectoryName(full) is not { } model)
        {
            return null;
        }

        var above = Path.GetFileName(model).StartsWith("checkpoint-", StringComparison.Ordinal) ? Path.GetDirectoryName(model) : null;
        return new[] { model, above }.OfType<string>().Select(f => Path.Combine(f, Scheduler, "scheduler_config.json")).FirstOrDefault(File.Exists);
    }

    private static IEnumerable<string> Offered(string path) => new[] { Average, Raw }.Where(n => ModelFolder.IsNetwork(Path.Combine(path, n)));
}
