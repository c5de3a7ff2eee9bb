using System.Runtime.InteropServices;
using DiffusionSharp.Torch.Checks;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Native;

/// <summary>
/// libtorch and TorchSharp's native library, loaded once per process. Where the system's libstdc++ is too old for the library
/// as it is shipped, a private copy is loaded that asks for less (docs/decisions/0001-torch-native-library.md). What it
/// computes is checked before a network is given to it (docs/decisions/0011-libtorch-is-checked.md).
/// </summary>
public static class TorchNative
{
    /// <summary>Set this environment variable to 1 and no private copy is ever loaded.</summary>
    public const string SwitchOff = "DIFFUSIONSHARP_NO_NATIVE_FIX";

    private static readonly Lazy<NativeLoader.Outcome> Outcome = new(NativeLoader.Load);

    /// <summary>Makes torch usable; call it before anything else of TorchSharp. Cheap after the first time, and thread-safe.</summary>
    /// <exception cref="DiffusionException">The libraries cannot be loaded (<see cref="ErrorKind.Device"/>); says what to do.</exception>
    public static void EnsureLoaded()
    {
        if (Outcome.Value.Failure is { } failure)
        {
            throw new DiffusionException(failure.Kind, failure.Message, failure.InnerException);
        }
    }

    /// <summary>
    /// Why libtorch cannot be used on the processor here: it does not load, or it computes wrongly. Null where it can.
    /// Loads and checks at its first use (about 0.3 s), never throws.
    /// </summary>
    public static string? Problem => Outcome.Value.Failure?.Message ?? Check.Problem;

    /// <summary>What loading changed in this process so that it computes correctly, in a sentence; null for nothing.</summary>
    public static string? Note => Outcome.Value.Note;

    /// <summary>Loads and checks if nothing has yet, and says how it went. Never throws.</summary>
    public static TorchNativeStatus Status
    {
        get
        {
            var o = Outcome.Value;
            // Where loading failed TorchSharp is not touched: it would try by itself, print, and copy libtorch about.
            return o.Failure is { } failure
                ? new(false, false, o.Path, o.Reason, null, null, false, null, failure.Message)
                : new(true, o.Patched, o.Path, o.Reason, o.Note, __version__, CudaAvailable(), Check.Milliseconds, Check.Problem);
        }
    }

    private static ConvolutionCheck.Result Check => ConvolutionCheck.Of(CPU, ScalarType.Float32);

    private static bool CudaAvailable()
    {
        try
        {
            return cuda.is_available();
        }
        catch (Exception e) when (e is ExternalException or NotSupportedException or InvalidOperationException)
        {
            return false;
        }
    }
}
