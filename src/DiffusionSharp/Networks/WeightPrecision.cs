namespace DiffusionSharp.Networks;

/// <summary>How the managed engine stores the weights of convolutions and matrices.</summary>
public enum WeightPrecision
{
    /// <summary>As they are.</summary>
    Float32,

    /// <summary>Rounded to bfloat16: half the memory, 8 bits of precision.</summary>
    BFloat16,

    /// <summary>Rounded to IEEE half: half the memory, 11 bits of precision, magnitudes up to 65504.</summary>
    Half,
}
