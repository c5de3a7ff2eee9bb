using System.Runtime.InteropServices;
using DiffusionSharp.Torch.Native;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Checks;

/// <summary>Whether libtorch can be used here: what it computes is checked before a network is given to it (docs/decisions/0011-libtorch-is-checked.md).</summary>
public static class TorchHealth
{
    /// <summary>
    /// Why libtorch cannot be used on the processor here: it does not load, or it computes wrongly. Null where it can.
    /// Loads and checks at its first use (about 0.3 s), never throws.
    /// </summary>
    public static string? Problem => TorchNative.Outcome.Failure?.Message ?? Check.Problem;

    /// <summary>Loads and checks if nothing has yet, and says how it went. Never throws.</summary>
    public static TorchNativeStatus Status
    {
        get
        {
            var o = TorchNative.Outcome;
            // Where loading failed TorchSharp is not touched: it would try by itself, print, and copy libtorch about.
            return o.Failure is { } failure
                ? new(false, false, o.Path, o.Reason, null, null, false, null, failure.Message)
                : new(true, o.Patched, o.Path, o.Reason, o.Note, __version__, CudaAvailable(), Check.Milliseconds, Check.Problem);
        }
    }

    private static ConvolutionCheck.Result Check => ConvolutionCheck.Run(CPU, ScalarType.Float32);

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
