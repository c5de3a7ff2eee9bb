using DiffusionSharp.Cli.CommandLine;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>What <c>--out</c> names.</summary>
internal static class PictureTarget
{
    /// <summary>One picture.</summary>
    public const string Sheet = ".png";

    /// <summary>An archive of all images as bytes, as guided-diffusion writes and its evaluator reads it.</summary>
    public const string Archive = ".npz";

    /// <summary>A moving picture.</summary>
    public const string Animation = ".apng";

    /// <summary>True for a folder, false for a PNG or a file of the other format.</summary>
    /// <param name="target">What was named.</param>
    /// <param name="other">The extension of what else the verb writes.</param>
    /// <exception cref="DiffusionException">It is called like a file of a kind that is not written.</exception>
    public static bool IsFolder(string target, string other)
    {
        if (OutputName.IsFile(target) && !Is(target, Sheet) && !Is(target, other))
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"--out {target}: pictures are written as PNG; name it {Path.ChangeExtension(target, Sheet)}, {Path.ChangeExtension(target, other)}, or a folder (one of this name with a slash at its end)");
        }

        return !OutputName.IsFile(target);
    }

    /// <summary>Whether a file is of a format.</summary>
    public static bool Is(string target, string extension) => Path.GetExtension(target).Equals(extension, StringComparison.OrdinalIgnoreCase);
}
