namespace DiffusionSharp.Cli.Verbs.Reconstruct;

/// <summary>What encoding and decoding with S steps each lost.</summary>
/// <param name="Steps">S.</param>
/// <param name="MeanSquaredError">See <see cref="Models.Reconstruction"/>, as the rest.</param>
/// <param name="Psnr">In dB.</param>
/// <param name="NetworkCalls">For each image.</param>
/// <param name="Shown">The first images that came back, [N, C, H, W].</param>
internal sealed record ReconstructionRow(int Steps, double MeanSquaredError, double Psnr, double NetworkCalls, byte[] Shown);
