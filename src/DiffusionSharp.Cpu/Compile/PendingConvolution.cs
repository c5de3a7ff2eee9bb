using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>A convolution or matrix that is not written yet.</summary>
/// <param name="Input">What it reads.</param>
/// <param name="Weight">Its weights.</param>
/// <param name="Bias">Its bias, or null.</param>
/// <param name="Shape">Its geometry.</param>
/// <param name="Vector">Added to every pixel.</param>
/// <param name="Residual">The buffer of an image that is added.</param>
internal sealed record PendingConvolution(
    View Input, ParameterSpec Weight, ParameterSpec? Bias, ConvolutionShape Shape, VectorSource? Vector = null, int? Residual = null);
