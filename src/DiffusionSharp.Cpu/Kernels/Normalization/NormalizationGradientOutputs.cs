using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Normalization;

/// <summary>Where the gradient of a normalisation goes.</summary>
/// <param name="Input">The gradient to what was normalised, its channels in one buffer.</param>
/// <param name="Added">A gradient of the same shape that is added to it, or null.</param>
/// <param name="Result">The normalised value itself, made again, or null where nobody needs it.</param>
/// <param name="Parameters">Each image's gradient to the scales, then to the shifts.</param>
/// <param name="ScaleShift">Each image's gradient to the vector of scales and shifts, or null.</param>
internal sealed record NormalizationGradientOutputs(Segment Input, int? Added, Segment? Result, Segment Parameters, Segment? ScaleShift);
