using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Sampling.Editing;

/// <summary>What steps that blend (<see cref="SamplingStep.Blends"/>) keep of known images.</summary>
/// <param name="Known">The images, [N, C, H, W], or [1, C, H, W] for all, -1…1.</param>
/// <param name="Mask">What is painted anew, [N, H, W], or [1, H, W] for all images: 1 is new, 0 is kept exactly, values between blend.</param>
public sealed record Inpainting(double[] Known, double[] Mask);
