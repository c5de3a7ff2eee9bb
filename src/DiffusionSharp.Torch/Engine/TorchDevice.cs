using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Engine;

/// <summary>Names of compute devices.</summary>
public static class TorchDevice
{
    /// <summary>Reads a device's name and checks that it can be used.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <exception cref="DiffusionException">The name is unknown, or no such device is there.</exception>
    public static Device Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == "cpu")
        {
            return CPU;
        }

        var index = 0;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), System.Globalization.CultureInfo.InvariantCulture, out index) && index >= 0))
        {
            throw new DiffusionException(ErrorKind.Usage, $"device '{name}' is unknown; use cpu, cuda or cuda:N");
        }

        if (!cuda.is_available())
        {
            throw new DiffusionException(ErrorKind.Device, $"device '{name}': this build of libtorch has no CUDA, or no GPU was found; build with -p:TorchBackend=cuda on a machine with a GPU, or use --device cpu");
        }

        return index < cuda.device_count()
            ? new Device(DeviceType.CUDA, index)
            : throw new DiffusionException(ErrorKind.Device, $"device '{name}': {cuda.device_count()} GPU(s) found, numbered from 0");
    }
}
