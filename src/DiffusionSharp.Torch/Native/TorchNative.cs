using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Runtime.Versioning;
using TorchSharp;

namespace DiffusionSharp.Torch.Native;

/// <summary>
/// Loads libtorch and TorchSharp's native library, once per process. Where the system's libstdc++ is too old for the library
/// as it is shipped, a private copy is loaded that asks for less (docs/decisions/0001-torch-native-library.md).
/// </summary>
public static class TorchNative
{
    /// <summary>Set this environment variable to 1 and no private copy is ever loaded.</summary>
    public const string SwitchOff = "DIFFUSIONSHARP_NO_NATIVE_FIX";

    private const string Library = "LibTorchSharp", LibTorch = "torch_cpu";
    private static readonly Lock Gate = new();
    private static volatile Outcome? outcome;
    private static IntPtr patched;

    private sealed record Outcome(string? Path, bool Patched, string Reason, DiffusionException? Failure);

    /// <summary>Makes torch usable; call it before anything else of TorchSharp. Cheap after the first time, and thread-safe.</summary>
    /// <exception cref="DiffusionException">The libraries cannot be loaded (<see cref="ErrorKind.Device"/>); says what to do.</exception>
    public static void EnsureLoaded()
    {
        if (Result().Failure is { } failure)
        {
            throw new DiffusionException(failure.Kind, failure.Message, failure.InnerException);
        }
    }

    /// <summary>Loads if nothing has yet, and says how it went. Never throws.</summary>
    public static TorchNativeStatus Status
    {
        get
        {
            var o = Result();
            // Where loading failed TorchSharp is not touched: it would try by itself, print, and copy libtorch about.
            return o.Failure is { } failure
                ? new(false, false, o.Path, o.Reason, null, false, failure.Message)
                : new(true, o.Patched, o.Path, o.Reason, torch.__version__, CudaAvailable(), null);
        }
    }

    private static Outcome Result()
    {
        if (outcome is { } known)
        {
            return known;
        }

        lock (Gate)
        {
            return outcome ??= Load();
        }
    }

    private static Outcome Load()
    {
        var assembly = typeof(torch).Assembly;
        var path = NativeFolders.Find(Library);
        var reason = "loaded as shipped";
        try
        {
            // libtorch first, by name: its folder need not be the one that holds LibTorchSharp.
            NativeLibrary.TryLoad("c10", assembly, null, out _);
            var libtorch = NativeLibrary.TryLoad(LibTorch, assembly, null, out _);
            NativeLibrary.TryLoad("torch", assembly, null, out _);
            if (!NativeLibrary.TryLoad(Library, assembly, null, out _))
            {
                if (!libtorch)
                {
                    return Failed(path, Explain(LibTorch), null);
                }

                if (path is null || !SystemIsOlder() || Environment.GetEnvironmentVariable(SwitchOff) is "1" or "true")
                {
                    return Failed(path, Explain(Library), null);
                }

                (path, patched) = LoadPatched(path);
                (AssemblyLoadContext.GetLoadContext(assembly) ?? AssemblyLoadContext.Default).ResolvingUnmanagedDll += Serve;
                reason = $"the system's libstdc++ lacks {PatchedLibrary.Version}, which the library names but never uses; loaded a private copy without that demand";
            }

            torch.InitializeDeviceType(DeviceType.CPU);
            return new(path, patched != 0, reason, null);
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
                $"The system's libstdc++ is too old. Unset {SwitchOff} if it is set, or use a newer system (Debian 13, Ubuntu 24.04, Fedora 39).",
            _ => "The program must reference a libtorch package of this platform (libtorch-cpu-linux-x64, -win-x64 or -osx-arm64, version 2.10.0); "
                + "see docs/decisions/0001-torch-native-library.md.",
        };
        var message = $"libtorch cannot be loaded: {why}. {advice}";
        return new(path, false, "not loaded", new DiffusionException(ErrorKind.Device, message, cause));
    }

    private static bool CudaAvailable()
    {
        try
        {
            return torch.cuda.is_available();
        }
        catch (Exception e) when (e is ExternalException or NotSupportedException or InvalidOperationException)
        {
            return false;
        }
    }
}
