namespace DiffusionSharp.Cli.Pictures;

/// <summary>What <c>--out</c> names.</summary>
internal static class PictureTarget
{
    private static readonly string[] OtherPictures = [".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".apng"];

    /// <summary>True for an archive of all images as bytes, as guided-diffusion writes and its evaluator reads it.</summary>
    public static bool IsArchive(string target) => target.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(target);

    /// <summary>True for a folder, false for a PNG.</summary>
    /// <exception cref="DiffusionException">It is a picture of a kind that is not written.</exception>
    public static bool IsFolder(string target)
    {
        var extension = Path.GetExtension(target).ToLowerInvariant();
        if (OtherPictures.Contains(extension))
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"--out {target}: pictures are written as PNG; name it {Path.ChangeExtension(target, ".png")}, or a folder");
        }

        return target.EndsWith('/') || target.EndsWith(Path.DirectorySeparatorChar) || Directory.Exists(target) || extension != ".png";
    }
}
