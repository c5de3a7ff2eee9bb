namespace DiffusionSharp.Cli.CommandLine;

/// <summary>What the name of an output promises: the format that its extension says, or a folder.</summary>
internal static class OutputName
{
    /// <summary>Files of one array.</summary>
    public static readonly string[] Arrays = [".npy", ".npz"];

    // A folder may be called run.1 or photos-0.5, but not like one of these.
    private static readonly string[] Files =
    [
        ".png", ".apng", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".svg", ".pdf", ".mp4", ".npy", ".npz",
        ".csv", ".json", ".jsonl", ".txt", ".md", ".html", ".yml", ".yaml", ".zip", ".tar", ".gz", ".tgz", ".parquet", ".onnx", ".safetensors", ".pt",
        ".pth", ".ckpt", ".bin", ".pkl",
    ];

    /// <summary>Whether a path is called like a file, and is no folder that is there or, by a slash at its end, meant.</summary>
    public static bool IsFile(string path) => Files.Contains(Path.GetExtension(path).ToLowerInvariant()) && !Directory.Exists(path);

    /// <summary>Refuses the name of a file where a folder is written.</summary>
    /// <param name="option">The option or argument.</param>
    /// <param name="path">What it names.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>.</exception>
    public static void RequireFolder(string option, string path)
    {
        if (File.Exists(Path.TrimEndingDirectorySeparator(path)))
        {
            throw new DiffusionException(ErrorKind.Usage, $"{option} {path}: a file of this name is there, and several files are written; name another folder for them");
        }

        if (IsFile(path))
        {
            throw new DiffusionException(
                ErrorKind.Usage, $"{option} {path}: several files are written; name a folder for them (one of this name with a slash at its end: {path}/)");
        }
    }

    /// <summary>Refuses the name of another format. One without an extension promises nothing.</summary>
    /// <param name="option">The option.</param>
    /// <param name="path">What it names.</param>
    /// <param name="formats">The extensions of what can be written.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>.</exception>
    public static void RequireFormat(string option, string path, IReadOnlyList<string> formats)
    {
        if (Path.GetExtension(path) is { Length: > 0 } extension && !formats.Contains(extension.ToLowerInvariant()))
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"{option} {path}: what is written is {string.Join(" or ", formats)}, not {extension}; name it {Path.ChangeExtension(path, formats[0])}");
        }
    }
}
