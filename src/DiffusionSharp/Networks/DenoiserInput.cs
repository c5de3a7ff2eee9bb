namespace DiffusionSharp.Networks;

/// <summary>What a network is called with.</summary>
public readonly ref struct DenoiserInput
{
    /// <summary>Number of images N.</summary>
    public required int Count { get; init; }

    /// <summary>Shape of each image.</summary>
    public required ImageShape Shape { get; init; }

    /// <summary>Noisy images x_t, [N, C, H, W] in C order.</summary>
    public required ReadOnlySpan<float> X { get; init; }

    /// <summary>The timestep of each image, [N]; any real number in [0, T-1].</summary>
    public required ReadOnlySpan<double> Timesteps { get; init; }

    /// <summary>Class labels [N], or empty for an unconditional network.</summary>
    public ReadOnlySpan<int> Labels { get; init; }

    /// <summary>Stops a long call between nodes where the engine can.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>The same call with other labels.</summary>
    internal DenoiserInput With(ReadOnlySpan<int> labels) => new()
    {
        Count = Count,
        Shape = Shape,
        X = X,
        Timesteps = Timesteps,
        Labels = labels,
        CancellationToken = CancellationToken,
    };
}
