using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Engine;

/// <summary>Names of compute devices.</summary>
public static class TorchDevice
{
    /// <summary>Reads a device's name; needs no libtorch.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <returns>The number of a GPU, or null for the processor.</returns>
    /// <exception cref="DiffusionException">The name is unknown (<see cref="ErrorKind.Usage"/>).</exception>
    public static int? RequireName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name switch
        {
            "cpu" => null,
            "cuda" => 0,
            _ when name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), System.Globalization.CultureInfo.InvariantCulture, out var index) && index >= 0 => index,
            _ => throw new DiffusionException(ErrorKind.Usage, $"device '{name}' is unknown; use cpu, cuda or cuda:N"),
        };
    }

    /// <summary>Reads a device's name and checks that it can be used.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <exception cref="DiffusionException">The name is unknown, or no such device is there.</exception>
    public static Device Parse(string name)
    {
        if (RequireName(name) is not { } index)
        {
            return CPU;
        }

        if (!cuda.is_available())
        {
            throw new DiffusionException(ErrorKind.Device, $"device '{name}': this build of libtorch has no CUDA, or no GPU was found; build with -p:TorchBackend=cuda on a machine with a GPU, or use device cpu");
        }

        return index < cuda.device_count()
            ? new Device(DeviceType.CUDA, index)
            : throw new DiffusionException(ErrorKind.Device, $"device '{name}': {cuda.device_count()} GPU(s) found, numbered from 0");
    }
}
