using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>Where the gradient of an attention goes.</summary>
/// <param name="Q">The gradient to q.</param>
/// <param name="K">The gradient to k.</param>
/// <param name="V">The gradient to v.</param>
/// <param name="Memory">The buffer of that to the learned keys and values, for each image in the order of their rows; null where there are none.</param>
internal sealed record AttentionGradientOutputs(Segment Q, Segment K, Segment V, int? Memory);
