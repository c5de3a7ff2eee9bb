using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace DiffusionSharp;

/// <summary>A float32 array on the host with its shape, C order.</summary>
public sealed class HostTensor
{
    /// <summary>Wraps data.</summary>
    /// <param name="shape">Dimensions; empty for a scalar.</param>
    /// <param name="data">Values in C order; its length is the product of the dimensions.</param>
    /// <exception cref="ArgumentException">The length does not fit the shape.</exception>
    public HostTensor(ReadOnlySpan<int> shape, float[] data)
    {
        ArgumentNullException.ThrowIfNull(data);
        foreach (var d in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(d, nameof(shape));
        }

        var count = Count(shape);
        if (count != data.LongLength)
        {
            throw new ArgumentException($"shape [{string.Join(", ", shape.ToArray())}] holds {count} values, the data {data.LongLength}", nameof(data));
        }

        Shape = shape.ToArray();
        Data = data;
    }

    /// <summary>The dimensions.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The values, C order.</summary>
    public float[] Data { get; }

    /// <summary>The same values as .NET's tensor: nothing is copied, and what is written there is written here. A scalar has one dimension there, of length 1.</summary>
    public Tensor<float> AsTensor() => Tensor.Create(Data, [.. Shape.DefaultIfEmpty(1).Select(d => (nint)d)]);

    /// <summary>Writes the values as they lie in memory: C order, little-endian float32.</summary>
    /// <param name="stream">Receives four bytes for each value.</param>
    public void CopyTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        for (var done = 0; done < Data.Length;)
        {
            var count = Math.Min(1 << 26, Data.Length - done);
            stream.Write(MemoryMarshal.AsBytes(Data.AsSpan(done, count)));
            done += count;
        }
    }

    /// <summary>The number of elements of a shape: 0 where a dimension is, however large the others are.</summary>
    internal static long Count(ReadOnlySpan<int> shape)
    {
        var count = shape.Contains(0) ? 0L : 1L;
        foreach (var d in shape)
        {
            count = checked(count * d);
        }

        return count;
    }
}
