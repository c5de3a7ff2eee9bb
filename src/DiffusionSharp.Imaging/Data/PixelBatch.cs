namespace DiffusionSharp.Imaging.Data;

/// <summary>A batch of training images.</summary>
/// <param name="Position">The position of its first image in the run.</param>
/// <param name="Pixels">[N, C, H, W], 0…255.</param>
/// <param name="Labels">[N] classes.</param>
public sealed record PixelBatch(long Position, byte[] Pixels, int[] Labels);
