namespace DiffusionSharp.Networks;

/// <summary>How a parameter begins, as DDPM's authors did it.</summary>
public enum Initialization
{
    /// <summary>Zeros: biases, and the last convolution of a residual block, of attention and of the network.</summary>
    Zero,

    /// <summary>Ones: the scales of a norm.</summary>
    One,

    /// <summary>Uniform with variance 2/(fan in + fan out): every other weight.</summary>
    FanAverageUniform,

    /// <summary>Standard normal: label tables.</summary>
    StandardNormal,
}
