using System.Runtime.Versioning;

namespace DiffusionSharp.Torch.Native;

/// <summary>
/// The private copy of libLibTorchSharp.so that loads where libstdc++ is older than GLIBCXX_3.4.32 (Debian 12, Ubuntu 22.04).
/// The original is never changed.
/// </summary>
internal static class PatchedLibrary
{
    /// <summary>The symbol version that older systems lack.</summary>
    public const string Version = "GLIBCXX_3.4.32";

    /// <summary>The one symbol of that version that the library names. Nothing in it calls or relocates against it.</summary>
    public const string UncalledSymbol = "_ZSt21ios_base_library_initv";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The original's bytes with the one version marked as weak.</summary>
    /// <exception cref="InvalidDataException">The file is not what the fix was made for.</exception>
    public static byte[] Patch(string original)
    {
        var image = File.ReadAllBytes(original);
        ElfVersionNeeds.MakeWeak(image, Version, UncalledSymbol);
        return image;
    }

    /// <summary>The folder for copies: XDG_CACHE_HOME or ~/.cache, or null where there is no home.</summary>
    public static string? CacheFolder()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache))
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            cache = home.Length == 0 ? null : Path.Combine(home, ".cache");
        }

        return cache is null ? null : Path.Combine(cache, "diffusionsharp", "native");
    }

    /// <summary>Puts the bytes into a folder of their own below <paramref name="cache"/>, unless they are there already.</summary>
    /// <returns>The copy's path. Its content was compared byte for byte, and no other user may write its folder.</returns>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be used, or belongs to somebody else.</exception>
    [UnsupportedOSPlatform("windows")]
    public static string Store(byte[] image, string cache)
    {
        var folder = Path.Combine(cache, $"{Hash(image):x16}");
        Directory.CreateDirectory(cache, Private);
        Directory.CreateDirectory(folder, Private);
        // Only the owner may do this, so it fails in a folder that somebody else prepared.
        File.SetUnixFileMode(cache, Private);
        File.SetUnixFileMode(folder, Private);

        var path = Path.Combine(folder, "libLibTorchSharp.so");
        if (!Holds(path, image))
        {
            var temporary = Path.Combine(folder, $"{Guid.NewGuid():n}.tmp");
            try
            {
                var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Private };
                using (var stream = new FileStream(temporary, options))
                {
                    stream.Write(image);
                    stream.Flush(flushToDisk: true);
                }

                File.Move(temporary, path, overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }
        }

        return path;
    }

    private static bool Holds(string path, byte[] image) =>
        File.Exists(path) && new FileInfo(path).Length == image.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(image);

    // FNV-1a over 8-byte words: names the folder only (the content is compared), and needs no crypto library at start-up.
    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037UL;
        foreach (var word in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            hash = (hash ^ word) * 1099511628211UL;
        }

        foreach (var tail in bytes[(bytes.Length & ~7)..])
        {
            hash = (hash ^ tail) * 1099511628211UL;
        }

        return hash;
    }
}
