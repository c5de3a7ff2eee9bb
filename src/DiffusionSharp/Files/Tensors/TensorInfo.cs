namespace DiffusionSharp.Files.Tensors;

/// <summary>Where a tensor's elements lie in a file: a view of bytes, whatever the container around them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dtype">Its element type, little-endian.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="Offset">Where its first element begins, in bytes from the start of the file.</param>
public sealed record TensorInfo(string Name, TensorDtype Dtype, IReadOnlyList<int> Shape, long Offset)
{
    /// <summary>Elements from one index to the next, for each dimension; null when they lie in C order without gaps.</summary>
    public IReadOnlyList<long>? Strides { get; init; }

    /// <summary>Which of several files, for weights in shards.</summary>
    public int File { get; init; }

    /// <summary>The number of elements: the product of the dimensions.</summary>
    public long Elements => HostTensor.Count([.. Shape]);

    /// <summary>Bytes of all elements.</summary>
    public long ByteLength => checked(Elements * ElementSize(Dtype));

    /// <summary>Bytes of one element.</summary>
    internal static int ElementSize(TensorDtype dtype) => dtype switch
    {
        TensorDtype.F64 or TensorDtype.I64 => 8,
        TensorDtype.F32 or TensorDtype.I32 => 4,
        TensorDtype.F16 or TensorDtype.BF16 or TensorDtype.I16 => 2,
        _ => 1,
    };

    /// <summary>Strides of a shape in C order without gaps.</summary>
    internal static long[] ContiguousStrides(IReadOnlyList<int> shape)
    {
        var strides = new long[shape.Count];
        for (var (i, at) = (shape.Count - 1, 1L); i >= 0; at *= Math.Max(1, shape[i]), i--)
        {
            strides[i] = at;
        }

        return strides;
    }

    /// <summary>The same elements with one dimension seen as several.</summary>
    /// <param name="dimension">Which.</param>
    /// <param name="sizes">What it becomes; their product is its size.</param>
    internal TensorInfo Split(int dimension, params ReadOnlySpan<int> sizes)
    {
        var strides = Strides ?? ContiguousStrides(Shape);
        var parts = new long[sizes.Length];
        for (var (i, at) = (sizes.Length - 1, strides[dimension]); i >= 0; at *= sizes[i], i--)
        {
            parts[i] = at;
        }

        return this with
        {
            Shape = [.. Shape.Take(dimension), .. sizes, .. Shape.Skip(dimension + 1)],
            Strides = [.. strides.Take(dimension), .. parts, .. strides.Skip(dimension + 1)],
        };
    }

    /// <summary>A part of one dimension.</summary>
    /// <param name="dimension">Which.</param>
    /// <param name="start">The first index that is kept.</param>
    /// <param name="count">How many are.</param>
    internal TensorInfo Narrow(int dimension, int start, int count)
    {
        var strides = Strides ?? ContiguousStrides(Shape);
        return this with
        {
            Shape = [.. Shape.Take(dimension), count, .. Shape.Skip(dimension + 1)],
            Strides = strides,
            Offset = Offset + (start * strides[dimension] * ElementSize(Dtype)),
        };
    }
}
