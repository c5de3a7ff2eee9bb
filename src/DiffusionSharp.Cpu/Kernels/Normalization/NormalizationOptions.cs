using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Kernels.Normalization;

/// <summary>What is done to a value that is normalised.</summary>
/// <param name="Groups">Groups of channels; of no use to a norm of pixels.</param>
/// <param name="Epsilon">Added to the variance; for a norm of pixels the least length.</param>
/// <param name="ScaleShift">A further scale (1 + s), then a shift, for each image, or null.</param>
/// <param name="Silu">Whether SiLU follows.</param>
/// <param name="Dropout">Dropout that follows in training: its probability, and its node in the network.</param>
internal sealed record NormalizationOptions(int Groups, double Epsilon, VectorSource? ScaleShift = null, bool Silu = false, (double Probability, int Node)? Dropout = null);
