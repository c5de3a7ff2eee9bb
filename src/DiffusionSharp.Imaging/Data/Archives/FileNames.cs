namespace DiffusionSharp.Imaging.Data.Archives;

/// <summary>What the name of a file says of it, by one rule for folders and archives.</summary>
internal static class FileNames
{
    /// <summary>The endings of pictures that are read.</summary>
    private static readonly string[] Images = [".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".jif", ".webp", ".gif", ".bmp"];

    private static readonly (string Kind, string[] Endings)[] Others =
    [
        ("archive", [".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".7z", ".rar"]),
        ("TIFF", [".tif", ".tiff"]),
        ("AVIF", [".avif", ".avifs"]),
        ("HEIC", [".heic", ".heif", ".hif"]),
        ("JPEG XL", [".jxl"]),
        ("JPEG 2000", [".jp2", ".j2k", ".jpf", ".jpx"]),
        ("Netpbm", [".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm"]),
        ("camera raw", [".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf"]),
        ("other pictures", [".apng", ".ico", ".tga", ".dds", ".exr", ".hdr", ".psd", ".svg", ".qoi", ".dcm", ".pcx"]),
    ];

    /// <summary>The endings of pictures that are read, as a list in words.</summary>
    public static string ImageEndings { get; } = $"{string.Join(", ", Images[..^1])} or {Images[^1]}";

    /// <summary>True for names that end like pictures that are read, of files that are not hidden.</summary>
    /// <param name="name">A name or a path; of its folders nothing is asked.</param>
    public static bool IsImage(string name) => File(name) is var file && !IsHiddenPart(file) && EndsWith(file, Images);

    /// <summary>True below the root for hidden files, for all that lies in hidden folders, and for what macOS leaves in archives.</summary>
    /// <param name="name">A name below the root of the data.</param>
    public static bool IsHidden(string name) => name.Split('/', '\\').Any(IsHiddenPart);

    /// <summary>The kind of what looks like pictures and is not read; null for other files.</summary>
    /// <param name="name">A name or a path.</param>
    public static string? Unread(string name) =>
        File(name) is var file && IsHiddenPart(file) ? null : Others.FirstOrDefault(o => EndsWith(file, o.Endings)).Kind;

    /// <summary>True where only a file's first bytes say what it is.</summary>
    /// <param name="name">A name or a path.</param>
    public static bool HasNoEnding(string name) => File(name) is var file && file.Length > 0 && !IsHiddenPart(file) && Path.GetExtension(file).Length == 0;

    private static bool IsHiddenPart(string part) => (part.StartsWith('.') && part is not ("." or "..")) || part == "__MACOSX";

    private static string File(string name) => name[(name.LastIndexOfAny(['/', '\\']) + 1)..];

    private static bool EndsWith(string file, string[] endings) => endings.Any(e => file.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}
