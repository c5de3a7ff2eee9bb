using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Editing;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>What a sampler run is asked for.</summary>
public sealed record SamplerRequest
{
    /// <summary>Shape of each image.</summary>
    public required ImageShape Shape { get; init; }

    /// <summary>How many images N.</summary>
    public required int Count { get; init; }

    /// <summary>
    /// Which of the images are drawn, by their places 0…N-1, in this order; null draws all of them. An image has the noise, the start and the label of
    /// its own place, and does not depend on which others are drawn, apart from the network's own rounding.
    /// </summary>
    public IReadOnlyList<int>? Only { get; init; }

    /// <summary>The noise, for at least <see cref="Count"/> images.</summary>
    public required NoiseSource Noise { get; init; }

    /// <summary>x_T, [N, C, H, W] in C order, or [1, C, H, W] for all images; null draws it from <see cref="Noise"/>. The plan's initial scale multiplies it either way.</summary>
    public double[]? InitialX { get; init; }

    /// <summary>Class labels [N]; null for an unconditional network.</summary>
    public int[]? Labels { get; init; }

    /// <summary>What steps that blend keep; needed by plans that have such steps, and by no others.</summary>
    public Inpainting? Inpainting { get; init; }

    /// <summary>The gradient that steps under classifier guidance read, asked once for each network call; needed by plans that have such steps, and by no others.</summary>
    public ConditionGradient? Condition { get; init; }

    /// <summary>How many images one network call takes at most. It does not change an image, apart from the network's own rounding.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Shown x and x0 after each step that called the network, on the thread that samples; null shows nobody.</summary>
    public Action<SampledStep>? Watch { get; init; }

    /// <summary>How many images are drawn.</summary>
    internal int Drawn => Only?.Count ?? Count;
}
