using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Ops;

/// <summary>
/// Block copies between host memory (C order) and tensors of any device and strides. The element types are float (float32),
/// byte (uint8) and long (int64); reading float from a tensor of another floating type converts.
/// </summary>
internal static class HostCopy
{
    /// <summary>A new tensor with the given shape and values.</summary>
    /// <exception cref="ArgumentException">The number of values does not fit the shape.</exception>
    public static Tensor ToTensor<T>(ReadOnlySpan<T> values, ReadOnlySpan<long> shape, Device? device = null)
        where T : unmanaged
    {
        var tensor = empty(shape, TypeOf<T>());
        try
        {
            Write(values, tensor);
            if (device is null || device.type == DeviceType.CPU)
            {
                return tensor;
            }

            using (tensor)
            {
                return tensor.to(device);
            }
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Overwrites a tensor.</summary>
    /// <exception cref="ArgumentException">The number of values or the type is not the tensor's.</exception>
    public static void Write<T>(ReadOnlySpan<T> values, Tensor target)
        where T : unmanaged
    {
        Require(values.Length, TypeOf<T>(), target, target.dtype);
        if (target.device_type == DeviceType.CPU && target.is_contiguous())
        {
            values.CopyTo(MemoryMarshal.Cast<byte, T>(target.bytes));
            GC.KeepAlive(target);
            return;
        }

        using var unused = no_grad();
        using var scope = NewDisposeScope();
        var host = empty(target.shape, target.dtype);
        values.CopyTo(MemoryMarshal.Cast<byte, T>(host.bytes));
        target.copy_(host);
    }

    /// <summary>Copies a tensor's values out, in C order.</summary>
    /// <exception cref="ArgumentException">The number of values or the type is not the tensor's.</exception>
    public static void Read<T>(Tensor source, Span<T> values)
        where T : unmanaged
    {
        var type = TypeOf<T>();
        Require(values.Length, type, source, source.is_floating_point() && type == ScalarType.Float32 ? type : source.dtype);
        using var scope = NewDisposeScope();
        var host = source;
        if (source.device_type != DeviceType.CPU || source.dtype != type || !source.is_contiguous())
        {
            host = source.detach().to(type, CPU).contiguous();
        }

        MemoryMarshal.Cast<byte, T>(host.bytes).CopyTo(values);
        GC.KeepAlive(host);
    }

    /// <summary>A float copy of a tensor on the host.</summary>
    public static HostTensor ToHostTensor(Tensor source)
    {
        var values = new float[source.numel()];
        Read(source, values.AsSpan());
        return new HostTensor([.. source.shape.Select(d => checked((int)d))], values);
    }

    private static ScalarType TypeOf<T>() => default(T) switch
    {
        float => ScalarType.Float32,
        byte => ScalarType.Byte,
        long => ScalarType.Int64,
        _ => throw new ArgumentException($"tensors are copied as float, byte or long, not {typeof(T).Name}"),
    };

    private static void Require(int count, ScalarType type, Tensor tensor, ScalarType tensorType)
    {
        if (tensor.numel() != count || tensorType != type)
        {
            throw new ArgumentException($"{count} values of {type} do not fit a tensor [{string.Join(", ", tensor.shape)}] of {tensor.dtype}");
        }
    }
}
