using DiffusionSharp.Cpu.Kernels;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>A normalisation that is not written yet.</summary>
/// <param name="Input">What it reads.</param>
/// <param name="Weight">Its scale.</param>
/// <param name="Bias">Its shift; null for a norm of pixels, which has none.</param>
/// <param name="Options">Groups, and what follows it.</param>
internal sealed record PendingNormalization(View Input, ParameterSpec Weight, ParameterSpec? Bias, NormalizationOptions Options);
