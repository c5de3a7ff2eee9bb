using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Runtime.Versioning;
using TorchSharp;

namespace DiffusionSharp.Torch.Native;

/// <summary>Loads libtorch and TorchSharp's native library, as shipped or as a private copy; called once in a process.</summary>
internal static class NativeLoader
{
    private const string Library = "LibTorchSharp", LibTorch = "torch_cpu";
    private static IntPtr patched;

    /// <summary>How loading went.</summary>
    /// <param name="Path">The library that TorchSharp calls.</param>
    /// <param name="Patched">True for the private copy.</param>
    /// <param name="Reason">Why it was loaded this way.</param>
    /// <param name="Note">What was changed for the whole process, or null.</param>
    /// <param name="Failure">Why it was not loaded, or null.</param>
    public sealed record Outcome(string? Path, bool Patched, string Reason, string? Note, DiffusionException? Failure);

    /// <summary>Loads. Never throws.</summary>
    public static Outcome Load()
    {
        if (Pretence.IsAbsent)
        {
            return Failed(null, $"{Pretence.Variable} says that it is absent", null);
        }

        var assembly = typeof(torch).Assembly;
        var path = NativeFolders.Find(Library);
        var reason = "loaded as shipped";
        try
        {
            var note = OneDnn.Prepare();
            // libtorch first, by name: its folder need not be the one that holds LibTorchSharp.
            NativeLibrary.TryLoad("c10", assembly, null, out _);
            var libtorch = NativeLibrary.TryLoad(LibTorch, assembly, null, out var torchCpu);
            NativeLibrary.TryLoad("torch", assembly, null, out _);
            if (!NativeLibrary.TryLoad(Library, assembly, null, out _))
            {
                if (!libtorch)
                {
                    return Failed(path, Explain(LibTorch), null);
                }

                if (path is null || !SystemIsOlder() || Environment.GetEnvironmentVariable(TorchNative.SwitchOff) is "1" or "true")
                {
                    return Failed(path, Explain(Library), null);
                }

                (path, patched) = LoadPatched(path);
                (AssemblyLoadContext.GetLoadContext(assembly) ?? AssemblyLoadContext.Default).ResolvingUnmanagedDll += Serve;
                reason = $"the system's libstdc++ lacks {PatchedLibrary.Version}, which the library names but never uses; loaded a private copy without that demand";
            }

            torch.InitializeDeviceType(DeviceType.CPU);
            Nnpack.TurnOff(torchCpu);
            return new(path, patched != 0, reason, note, null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Failed(path, LoadersWords(e), e);
        }
    }

    // The event fires after the runtime's own probing failed.
    private static IntPtr Serve(Assembly assembly, string name) => name is Library ? patched : 0;

    private static string Explain(string library)
    {
        if (NativeFolders.Find(library) is not { } path)
        {
            return $"{NativeFolders.FileName(library)} is in none of the folders where the program looks for native libraries";
        }

        try
        {
            NativeLibrary.Load(path);
            return $"{path} loads by its path, but not by its name";
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return LoadersWords(e);
        }
    }

    // The runtime's general advice comes first, what the system's loader said after it.
    private static string LoadersWords(Exception e) => e is DllNotFoundException
        ? e.Message[(e.Message.IndexOf('\n', StringComparison.Ordinal) + 1)..].Trim()
        : e.Message;

    // Asks the C++ library itself: it is there by now, as libtorch needs it.
    [SupportedOSPlatformGuard("linux")]
    private static bool SystemIsOlder() =>
        OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("libstdc++.so.6", out var cpp)
        && !NativeLibrary.TryGetExport(cpp, PatchedLibrary.UncalledSymbol, out _);

    [SupportedOSPlatform("linux")]
    private static (string Path, IntPtr Handle) LoadPatched(string original)
    {
        var image = PatchedLibrary.Patch(original);
        if (PatchedLibrary.CacheFolder() is { } cache)
        {
            try
            {
                var stored = PatchedLibrary.Store(image, cache);
                return (stored, NativeLibrary.Load(stored));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
            {
                // No home, a full or read-only disk, somebody else's folder, or one mounted noexec: use a folder of this process.
            }
        }

        var folder = Directory.CreateTempSubdirectory("diffusionsharp-");
        try
        {
            var stored = PatchedLibrary.Store(image, folder.FullName);
            return (stored, NativeLibrary.Load(stored));
        }
        finally
        {
            // What is mapped stays mapped.
            folder.Delete(recursive: true);
        }
    }

    private static Outcome Failed(string? path, string why, Exception? cause)
    {
        var advice = why switch
        {
            _ when OperatingSystem.IsWindows() => "TorchSharp 0.107.0 is known to fail on Windows (github.com/dotnet/TorchSharp/issues/1567): use Linux, WSL or macOS.",
            _ when why.Contains(PatchedLibrary.Version, StringComparison.Ordinal) =>
                $"The system's libstdc++ is too old. Unset {TorchNative.SwitchOff} if it is set, or use a newer system (Debian 13, Ubuntu 24.04, Fedora 39).",
            _ => "The program must reference a libtorch package of this platform (libtorch-cpu-linux-x64, -win-x64 or -osx-arm64, version 2.10.0); "
                + "see docs/decisions/0001-torch-native-library.md.",
        };
        var message = $"libtorch cannot be loaded: {why}. {advice}";
        return new(path, false, "not loaded", null, new DiffusionException(ErrorKind.Device, message, cause));
    }
}
