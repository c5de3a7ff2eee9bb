using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Cli.Verbs.Sweep;

/// <summary>What a sweep found at one S and one η.</summary>
/// <param name="Steps">S.</param>
/// <param name="Eta">η.</param>
/// <param name="NetworkCalls">Network calls for each image.</param>
/// <param name="SecondsPerImage">The median time of a network call with its step, times the calls, divided by the number of images.</param>
/// <param name="Recognised">Images that the checker of builtin:shapes recognises; null for other models.</param>
/// <param name="MeanSquaredError">To the reference (see <see cref="Sweep.Reference"/>), see <see cref="ImageError"/>.</param>
/// <param name="Shown">The first images as pixels, [N, C, H, W].</param>
internal sealed record SweepCell(
    int Steps, Eta Eta, int NetworkCalls, double SecondsPerImage, int? Recognised, double MeanSquaredError, byte[] Shown)
{
    /// <summary>Peak signal-to-noise ratio to the reference in dB; infinite for the reference itself.</summary>
    public double Psnr => ImageError.Psnr(MeanSquaredError);
}
