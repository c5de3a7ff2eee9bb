namespace DiffusionSharp.Weights;

/// <summary>A tensor to be written, whose values are read when their turn comes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Read">Reads the values; called once to write and once to compare with what was written.</param>
internal sealed record StoredTensor(string Name, IReadOnlyList<int> Shape, Func<HostTensor> Read)
{
    /// <summary>The type it is written in: F32 or F16.</summary>
    public TensorDtype Dtype { get; init; } = TensorDtype.F32;

    /// <summary>The values as they are written, little-endian.</summary>
    /// <exception cref="DiffusionException">A value is too large for the type.</exception>
    public void CopyTo(Stream stream)
    {
        var values = Read();
        if (Dtype == TensorDtype.F32)
        {
            values.CopyTo(stream);
            return;
        }

        var halves = new Half[Math.Min(values.Data.Length, 1 << 16)];
        for (var done = 0; done < values.Data.Length; done += halves.Length)
        {
            var part = values.Data.AsSpan(done, Math.Min(halves.Length, values.Data.Length - done));
            for (var i = 0; i < part.Length; i++)
            {
                halves[i] = (Half)part[i];
                if (Half.IsInfinity(halves[i]) && float.IsFinite(part[i]))
                {
                    throw new DiffusionException(
                        ErrorKind.NonFinite, FormattableString.Invariant($"tensor '{Name}' holds {part[i]}, which is too large for 16 bits (at most 65504): leave --half out"));
                }
            }

            stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(halves.AsSpan(0, part.Length)));
        }
    }
}
