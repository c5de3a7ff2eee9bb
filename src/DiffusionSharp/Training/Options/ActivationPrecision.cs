namespace DiffusionSharp.Training.Options;

/// <summary>How the managed engine keeps the values of the forward pass that the backward pass reads. It computes in float32 with either.</summary>
public enum ActivationPrecision
{
    /// <summary>As they are.</summary>
    Float32,

    /// <summary>
    /// Rounded to bfloat16, to the nearest and ties to even, a relative error of 2^-9 at most: half the memory of what is kept. The forward pass, and so the
    /// loss, reads what was not rounded; the gradients are computed of what was.
    /// </summary>
    BFloat16,
}
