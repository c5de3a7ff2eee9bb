using System.Runtime.InteropServices;

namespace DiffusionSharp.Torch.Native;

/// <summary>
/// NNPACK, which libtorch tries for convolutions that it does not give to oneDNN. Where it does not know the processor it says so
/// on standard error at each try; no convolution of a U-Net needs it.
/// </summary>
internal static class Nnpack
{
    // at::globalContext() and at::Context::setUserEnabledNNPACK(bool), as the compilers of Linux and macOS name them.
    private const string GlobalContext = "_ZN2at13globalContextEv", SetEnabled = "_ZN2at7Context20setUserEnabledNNPACKEb";

    /// <summary>Does what <c>torch.backends.nnpack.set_flags(False)</c> does in Python; nothing where the library has no such functions.</summary>
    /// <param name="torchCpu">libtorch_cpu.</param>
    public static unsafe void TurnOff(IntPtr torchCpu)
    {
        if (torchCpu != 0
            && NativeLibrary.TryGetExport(torchCpu, GlobalContext, out var context)
            && NativeLibrary.TryGetExport(torchCpu, SetEnabled, out var set))
        {
            ((delegate* unmanaged<IntPtr, byte, void>)set)(((delegate* unmanaged<IntPtr>)context)(), 0);
        }
    }
}
