namespace DiffusionSharp;

/// <summary>The shape of one image in channel-first order (C, H, W).</summary>
/// <param name="Channels">Number of channels, at least 1.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>C·H·W.</summary>
    public int Elements => checked(Channels * Height * Width);

    /// <inheritdoc/>
    public override string ToString() => $"{Channels}×{Height}×{Width}";
}
