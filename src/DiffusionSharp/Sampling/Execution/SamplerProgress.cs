namespace DiffusionSharp.Sampling.Execution;

/// <summary>Where a run stands, after each step that called the network.</summary>
public readonly record struct SamplerProgress
{
    /// <summary>This network call, from 1, counted over all batches.</summary>
    public required int Call { get; init; }

    /// <summary>All network calls of the run.</summary>
    public required int Calls { get; init; }

    /// <summary>The plan's step, from 0.</summary>
    public required int Step { get; init; }

    /// <summary>The t the network was called with.</summary>
    public required double Timestep { get; init; }

    /// <summary>The first image of the batch, among those that are drawn.</summary>
    public required int FirstImage { get; init; }

    /// <summary>The number of images in the batch, B.</summary>
    public required int ImageCount { get; init; }

    /// <summary>Where steps are fixed points: the largest root mean square of x' - x among the batch's images; else 0.</summary>
    public double Residual { get; init; }
}
