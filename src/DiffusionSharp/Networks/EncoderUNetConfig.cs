namespace DiffusionSharp.Networks;

/// <summary>The options of a classifier of noisy images (<see cref="EncoderUNet"/>).</summary>
public sealed record EncoderUNetConfig
{
    /// <summary>The U-Net whose way down and middle it has; what is said of a way up plays no part.</summary>
    public required UNetConfig Encoder { get; init; }

    /// <summary>Number of classes.</summary>
    public required int Classes { get; init; }

    /// <summary>Channels of a head of the attention that pools.</summary>
    public int PoolHeadChannels { get; init; } = 64;
}
