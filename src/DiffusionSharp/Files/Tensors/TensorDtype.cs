namespace DiffusionSharp.Files.Tensors;

/// <summary>Element types of a safetensors file that are supported; the names are the format's own.</summary>
public enum TensorDtype
{
    /// <summary>IEEE double.</summary>
    F64,

    /// <summary>IEEE single.</summary>
    F32,

    /// <summary>IEEE half.</summary>
    F16,

    /// <summary>The upper half of a single.</summary>
    BF16,

    /// <summary>64-bit integer.</summary>
    I64,

    /// <summary>32-bit integer.</summary>
    I32,

    /// <summary>16-bit integer.</summary>
    I16,

    /// <summary>8-bit integer.</summary>
    I8,

    /// <summary>Byte.</summary>
    U8,

    /// <summary>One byte, zero or not.</summary>
    BOOL,
}
