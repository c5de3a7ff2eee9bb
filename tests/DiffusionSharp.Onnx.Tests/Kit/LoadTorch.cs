using System.Runtime.CompilerServices;
using DiffusionSharp.Torch.Native;
using TorchSharp;

namespace DiffusionSharp.Onnx.Tests.Kit;

/// <summary>Loads libtorch before any test, with one thread: the networks are tiny.</summary>
internal static class LoadTorch
{
    [ModuleInitializer]
    internal static void Load()
    {
        TorchNative.EnsureLoaded();
        torch.set_num_threads(1);
    }
}
