namespace DiffusionSharp.Torch.Engine;

/// <summary>Where and how precisely the Torch engine computes.</summary>
public sealed record TorchOptions
{
    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Precision of convolutions and matrices; parameters and their updates are float32 always.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Float32;

    /// <summary>Whether images lie in memory channel by channel for each pixel, which is faster for 3×3 convolutions.</summary>
    public bool ChannelsLast { get; init; } = true;
}
