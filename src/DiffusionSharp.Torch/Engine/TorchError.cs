using System.Runtime.InteropServices;

namespace DiffusionSharp.Torch.Engine;

/// <summary>Turns libtorch's C++ errors, which carry a native stack, into one line for a person.</summary>
internal static class TorchError
{
    public static DiffusionException Wrap(ExternalException e)
    {
        var line = e.Message.Split('\n', 2)[0].Trim();
        return IsOutOfMemory(e)
            ? new DiffusionException(ErrorKind.Device, $"out of memory: {line}; use a smaller batch", e)
            : new DiffusionException(ErrorKind.Device, $"libtorch: {line}", e);
    }

    public static bool IsOutOfMemory(ExternalException e) =>
        e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || e.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);
}
