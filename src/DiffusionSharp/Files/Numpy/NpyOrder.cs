namespace DiffusionSharp.Files.Numpy;

/// <summary>Moves the elements of an array between C order (last index fastest) and Fortran order (first index fastest).</summary>
internal static class NpyOrder
{
    /// <summary>C order of an array in Fortran order.</summary>
    public static byte[] ToC(ReadOnlySpan<byte> fortran, IReadOnlyList<int> shape, int size)
    {
        var result = new byte[fortran.Length];
        var to = 0;
        foreach (var from in Offsets(shape, size, result.Length))
        {
            fortran.Slice(from, size).CopyTo(result.AsSpan(to));
            to += size;
        }

        return result;
    }

    /// <summary>Fortran order of an array in C order.</summary>
    public static byte[] ToFortran(ReadOnlySpan<byte> c, IReadOnlyList<int> shape, int size)
    {
        var result = new byte[c.Length];
        var from = 0;
        foreach (var to in Offsets(shape, size, result.Length))
        {
            c.Slice(from, size).CopyTo(result.AsSpan(to));
            from += size;
        }

        return result;
    }

    /// <summary>The Fortran offsets of the elements in C order: an odometer of indices.</summary>
    private static IEnumerable<int> Offsets(IReadOnlyList<int> shape, int size, int bytes)
    {
        var index = new int[shape.Count];
        var stride = new int[shape.Count];
        for (var (k, s) = (0, size); k < stride.Length && bytes > 0; s *= shape[k++])
        {
            stride[k] = s;
        }

        var offset = 0;
        for (var done = 0; done < bytes; done += size)
        {
            yield return offset;
            for (var k = stride.Length - 1; k >= 0; k--)
            {
                offset += stride[k];
                if (++index[k] < shape[k])
                {
                    break;
                }

                offset -= stride[k] * shape[k];
                index[k] = 0;
            }
        }
    }
}
