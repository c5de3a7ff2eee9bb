using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Sampling.Editing;

/// <summary>What steps that blend (<see cref="SamplingStep.Blends"/>) keep of known images.</summary>
/// <param name="Known">The images, [N, C, H, W], -1…1.</param>
/// <param name="Mask">What is painted anew, [N, H, W]: 1 is new, 0 is kept exactly, values between blend.</param>
public sealed record Inpainting(double[] Known, double[] Mask);
