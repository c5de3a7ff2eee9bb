namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>Makes what a network takes of an image.</summary>
/// <param name="image">RGB of 8 bits, [3, H, W].</param>
/// <param name="shape">Its shape.</param>
/// <param name="destination">Receives the network's input.</param>
internal delegate void PrepareImage(ReadOnlySpan<byte> image, ImageShape shape, Span<float> destination);
