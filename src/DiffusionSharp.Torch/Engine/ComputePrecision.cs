namespace DiffusionSharp.Torch.Engine;

/// <summary>The type that convolutions and matrices are computed in.</summary>
public enum ComputePrecision
{
    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16, about twice as fast where the processor has instructions for it.</summary>
    BFloat16,
}
