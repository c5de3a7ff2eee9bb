namespace DiffusionSharp.Networks;

/// <summary>
/// The shape of the U-Net of lucidrains' denoising-diffusion-pytorch (version 2), option by option as its <c>Unet</c> names them. The
/// defaults are its own. What holds for each level (heads, their width, full attention) is one value for all of them, or one for each.
/// </summary>
public sealed record LucidrainsUNetConfig : NetworkConfig
{
    /// <summary>Rows of the images; every level but the last halves them.</summary>
    public int Height { get; init; } = 32;

    /// <summary>Columns of the images.</summary>
    public int Width { get; init; } = 32;

    /// <summary>Channels of x.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Base channels; even, the width of the timestep's sinusoid.</summary>
    public int Dim { get; init; } = 64;

    /// <summary>Channels of the first convolution; null means <see cref="Dim"/>.</summary>
    public int? InitDim { get; init; }

    /// <summary>Channels of the prediction; null means those of x, or twice as many with <see cref="LearnedVariance"/>.</summary>
    public int? OutDim { get; init; }

    /// <summary>Level l ends with Dim·DimMults[l] channels.</summary>
    public ValueList<int> DimMults { get; init; } = [1, 2, 4, 8];

    /// <summary>Whether the prediction has a second half for the variance.</summary>
    public bool LearnedVariance { get; init; }

    /// <summary>The sinusoid's largest period.</summary>
    public double SinusoidalPosEmbTheta { get; init; } = 10000;

    /// <summary>Dropout probability inside residual blocks, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>Channels of one attention head.</summary>
    public ValueList<int> AttnDimHead { get; init; } = [32];

    /// <summary>Attention heads.</summary>
    public ValueList<int> AttnHeads { get; init; } = [4];

    /// <summary>Whether attention is full and not linear; empty means full on the innermost level only. The middle's is full always.</summary>
    public ValueList<bool> FullAttn { get; init; } = [];

    /// <summary>Learned keys and values of every attention.</summary>
    public int NumMemKv { get; init; } = 4;

    /// <summary>Levels of resolution.</summary>
    public int Levels => DimMults.Count;

    /// <inheritdoc/>
    public override ImageShape InputShape => new(Channels, Height, Width);

    /// <summary>Channels of the prediction.</summary>
    public int OutChannels => OutDim ?? (LearnedVariance ? 2 * Channels : Channels);

    /// <inheritdoc/>
    public override NetworkConfig At(int height, int width) => this with { Height = height, Width = width };

    /// <inheritdoc/>
    public override NetworkGraph Build() => LucidrainsUNet.Build(this);

    /// <summary>Channels where a level begins; those of the last one's end follow.</summary>
    internal int LevelChannels(int level) => level == 0 ? InitDim ?? Dim : Dim * DimMults[level - 1];

    /// <summary>The attention of a level.</summary>
    internal (int Heads, int HeadDim, bool Full) Attention(int level) =>
        (ValueAt(AttnHeads, level), ValueAt(AttnDimHead, level), FullAttn.Count == 0 ? level == Levels - 1 : ValueAt(FullAttn, level));

    private static T ValueAt<T>(ValueList<T> values, int level)
        where T : IEquatable<T> => values.Count == 1 ? values[0] : values[level];
}
