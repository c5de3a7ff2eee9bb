using System.Runtime.InteropServices;
using TorchSharp;

namespace DiffusionSharp.Torch.Native;

/// <summary>Where the runtime looks for native libraries: deps.json's folders first, then beside the program.</summary>
internal static class NativeFolders
{
    /// <summary>The platform's name of a library: libX.so, libX.dylib or X.dll.</summary>
    public static string FileName(string library) =>
        OperatingSystem.IsWindows() ? library + ".dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    /// <summary>The first file of that name in the folders, or null.</summary>
    public static string? Find(string library) =>
        All().Select(folder => Path.Combine(folder, FileName(library))).FirstOrDefault(File.Exists);

    private static IEnumerable<string> All()
    {
        var probed = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        foreach (var folder in probed.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            yield return folder;
        }

        foreach (var root in Roots())
        {
            yield return root;
            yield return Path.Combine(root, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");
            yield return Path.Combine(root, "runtimes", PortableRid, "native");
        }
    }

    private static string PortableRid =>
        (OperatingSystem.IsWindows() ? "win-" : OperatingSystem.IsMacOS() ? "osx-" : "linux-")
        + (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64");

    private static IEnumerable<string> Roots()
    {
        yield return AppContext.BaseDirectory;
        if (TorchSharpFolder() is { } folder)
        {
            yield return folder;
        }
    }

    // In a single-file program the assembly has no location.
#pragma warning disable IL3000
    private static string? TorchSharpFolder() =>
        typeof(torch).Assembly.Location is { Length: > 0 } location ? Path.GetDirectoryName(location) : null;
#pragma warning restore IL3000
}
