namespace DiffusionSharp.Files.Tensors;

/// <summary>Copies the elements of a view into C order.</summary>
internal static class ViewReader
{
    // A view with gaps is read with them where that is at most this, so that a transposed matrix is one read and not one for each element.
    private const int CoveringBytes = 1 << 22;

    /// <summary>Reads a view; false when the file ends before.</summary>
    /// <param name="file">The file.</param>
    /// <param name="view">What to read.</param>
    /// <param name="destination">Exactly its bytes.</param>
    public static bool TryRead(FileBytes file, TensorInfo view, Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            return true;
        }

        var size = TensorInfo.ElementSize(view.Dtype);
        var shape = view.Shape.ToArray();
        return view.Strides is null
            ? file.TryRead(destination, view.Offset)
            : TryRead(file, size, shape, [.. view.Strides], TensorInfo.ContiguousStrides(shape), view.Offset, destination);
    }

    private static bool TryRead(
        FileBytes file, int size, ReadOnlySpan<int> shape, ReadOnlySpan<long> strides, ReadOnlySpan<long> packed, long offset, Span<byte> destination)
    {
        if (IsPacked(shape, strides, packed))
        {
            return file.TryRead(destination, offset);
        }

        var covering = size * (1 + LastElement(shape, strides));
        if (covering <= Math.Max(CoveringBytes, 2L * destination.Length) && covering <= Array.MaxLength)
        {
            var bytes = GC.AllocateUninitializedArray<byte>((int)covering);
            var read = file.TryRead(bytes, offset);
            var at = 0;
            Gather(bytes, size, shape, strides, destination, ref at);
            return read;
        }

        var part = destination.Length / shape[0];
        for (var i = 0; i < shape[0]; i++)
        {
            if (!TryRead(file, size, shape[1..], strides[1..], packed[1..], offset + (i * strides[0] * size), destination.Slice(i * part, part)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Where the last element lies, counted in elements from the first.</summary>
    public static long LastElement(ReadOnlySpan<int> shape, ReadOnlySpan<long> strides)
    {
        var last = 0L;
        for (var i = 0; i < shape.Length; i++)
        {
            last = checked(last + ((shape[i] - 1) * strides[i]));
        }

        return last;
    }

    private static bool IsPacked(ReadOnlySpan<int> shape, ReadOnlySpan<long> strides, ReadOnlySpan<long> packed)
    {
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] != 1 && strides[i] != packed[i])
            {
                return false;
            }
        }

        return true;
    }

    private static void Gather(ReadOnlySpan<byte> source, int size, ReadOnlySpan<int> shape, ReadOnlySpan<long> strides, Span<byte> destination, ref int at)
    {
        if (shape.IsEmpty)
        {
            source[..size].CopyTo(destination[at..]);
            at += size;
            return;
        }

        for (var i = 0; i < shape[0]; i++)
        {
            Gather(source[(int)(i * strides[0] * size)..], size, shape[1..], strides[1..], destination, ref at);
        }
    }
}
