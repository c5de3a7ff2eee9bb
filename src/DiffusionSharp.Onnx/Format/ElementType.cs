namespace DiffusionSharp.Onnx.Format;

/// <summary>Element types of ONNX tensors that are used here (<c>TensorProto.DataType</c>).</summary>
internal enum ElementType
{
    Float = 1,
    Int64 = 7,
    Double = 11,
}
