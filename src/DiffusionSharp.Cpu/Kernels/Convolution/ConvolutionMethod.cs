namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>How a convolution is computed.</summary>
internal enum ConvolutionMethod
{
    /// <summary>As a matrix product over pixels, taps and channels.</summary>
    Product,

    /// <summary>3×3 of stride 1 in tiles of 2×2 (<see cref="Winograd2"/>).</summary>
    Winograd2,

    /// <summary>3×3 of stride 1 in tiles of 4×4 (<see cref="Winograd4"/>).</summary>
    Winograd4,

    /// <summary>3×3 of stride 1 of upsampled pixels, in tiles of 4×4 pixels before they are upsampled (<see cref="UpsampledWinograd4"/>).</summary>
    UpsampledWinograd4,
}
