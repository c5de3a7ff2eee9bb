using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Inversion;

/// <summary>The choices of an inversion plan. There is no clipping among them: what is clipped cannot be decoded.</summary>
public sealed record InversionOptions
{
    /// <summary>Where a step calls the network.</summary>
    public InversionLevel Level { get; init; }

    /// <summary>When a step of <see cref="InversionLevel.Refined"/> ends.</summary>
    public FixedPoint FixedPoint { get; init; } = new();

    /// <summary>What the network returns.</summary>
    public PredictionType PredictionType { get; init; }

    /// <summary>ᾱ of the images that are encoded, where a plan is made of timesteps: the decoding plan's final ᾱ.</summary>
    public FinalAlphaBar StartAlphaBar { get; init; }
}
