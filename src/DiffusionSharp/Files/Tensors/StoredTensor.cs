using System.Buffers;
using System.Runtime.InteropServices;

namespace DiffusionSharp.Files.Tensors;

/// <summary>A tensor to be written, whose values are read when their turn comes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Read">Reads the values, as many as the shape has.</param>
internal sealed record StoredTensor(string Name, IReadOnlyList<int> Shape, ReadValues Read)
{
    private const int Part = 1 << 18;

    /// <summary>The type it is written in: F32 or F16.</summary>
    public TensorDtype Dtype { get; init; } = TensorDtype.F32;

    /// <summary>The number of values.</summary>
    public int Elements => checked((int)HostTensor.Count([.. Shape]));

    /// <summary>A tensor in memory.</summary>
    public static StoredTensor FromMemory(string name, HostTensor tensor) => new(name, tensor.Shape, tensor.Data.CopyTo);

    /// <summary>Writes the values little-endian, in parts.</summary>
    /// <param name="write">Receives the bytes of a part, in turn.</param>
    /// <exception cref="DiffusionException">A value is too large for the type.</exception>
    public void CopyTo(Action<ReadOnlySpan<byte>> write)
    {
        // Fresh arrays of this size would cost more than reading: the system clears their pages.
        var values = ArrayPool<float>.Shared.Rent(Elements);
        var halves = Dtype == TensorDtype.F16 ? ArrayPool<Half>.Shared.Rent(Part) : [];
        try
        {
            Read(values.AsSpan(0, Elements));
            for (var done = 0; done < Elements; done += Part)
            {
                var part = values.AsSpan(done, Math.Min(Part, Elements - done));
                write(Dtype == TensorDtype.F32 ? MemoryMarshal.AsBytes(part) : MemoryMarshal.AsBytes(Narrow(part, halves)));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
            if (halves.Length > 0)
            {
                ArrayPool<Half>.Shared.Return(halves);
            }
        }
    }

    private Span<Half> Narrow(ReadOnlySpan<float> values, Half[] halves)
    {
        for (var i = 0; i < values.Length; i++)
        {
            halves[i] = (Half)values[i];
            if (Half.IsInfinity(halves[i]) && float.IsFinite(values[i]))
            {
                throw new DiffusionException(
                    ErrorKind.NonFinite, FormattableString.Invariant($"tensor '{Name}' holds {values[i]}, which is too large for 16 bits (at most 65504): write 32 bits and not half"));
            }
        }

        return halves.AsSpan(0, values.Length);
    }
}

/// <summary>Reads values in C order.</summary>
/// <param name="destination">Receives them.</param>
internal delegate void ReadValues(Span<float> destination);
