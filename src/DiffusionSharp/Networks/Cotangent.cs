namespace DiffusionSharp.Networks;

/// <summary>Says how a scalar changes with a network's prediction m: what <see cref="IDifferentiableDenoiser.Differentiate"/> goes back from.</summary>
/// <param name="prediction">m, [N, OutputChannels, H, W] in C order.</param>
/// <param name="cotangent">Receives ∂scalar/∂m, of the same shape; it holds anything before.</param>
public delegate void Cotangent(ReadOnlySpan<float> prediction, Span<float> cotangent);
