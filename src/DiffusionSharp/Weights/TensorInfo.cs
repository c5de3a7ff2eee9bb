namespace DiffusionSharp.Weights;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dtype">Its element type.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin, counted from the start of the file.</param>
/// <param name="ByteLength">How many bytes it has.</param>
public sealed record TensorInfo(string Name, TensorDtype Dtype, IReadOnlyList<int> Shape, long Offset, long ByteLength)
{
    /// <summary>The number of elements: the product of the dimensions.</summary>
    public long Elements => ByteLength / ElementSize(Dtype);

    /// <summary>Bytes of one element.</summary>
    internal static int ElementSize(TensorDtype dtype) => dtype switch
    {
        TensorDtype.F64 or TensorDtype.I64 => 8,
        TensorDtype.F32 or TensorDtype.I32 => 4,
        TensorDtype.F16 or TensorDtype.BF16 or TensorDtype.I16 => 2,
        _ => 1,
    };
}
