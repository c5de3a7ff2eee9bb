namespace DiffusionSharp.Torch.Native;

/// <summary>
/// libtorch and TorchSharp's native library, loaded once per process. Where the system's libstdc++ is too old for the library
/// as it is shipped, a private copy is loaded that asks for less (docs/decisions/0001-torch-native-library.md).
/// </summary>
public static class TorchNative
{
    /// <summary>Set this environment variable to 1 and no private copy is ever loaded.</summary>
    public const string SwitchOff = "DIFFUSIONSHARP_NO_NATIVE_FIX";

    private static readonly Lazy<NativeLoader.Outcome> Loading = new(NativeLoader.Load);

    /// <summary>How loading went; loads if nothing has yet.</summary>
    internal static NativeLoader.Outcome Outcome => Loading.Value;

    /// <summary>Makes torch usable; call it before anything else of TorchSharp. Cheap after the first time, and thread-safe.</summary>
    /// <exception cref="DiffusionException">The libraries cannot be loaded (<see cref="ErrorKind.Device"/>); says what to do.</exception>
    public static void EnsureLoaded()
    {
        if (Loading.Value.Failure is { } failure)
        {
            throw new DiffusionException(failure.Kind, failure.Message, failure.InnerException);
        }
    }

    /// <summary>What loading changed in this process so that it computes correctly, in a sentence; null for nothing.</summary>
    public static string? Note => Loading.Value.Note;
}
