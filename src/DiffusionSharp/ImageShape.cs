namespace DiffusionSharp;

/// <summary>The shape of one image in channel-first order (C, H, W).</summary>
/// <param name="Channels">Number of channels, at least 1.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>C·H·W.</summary>
    /// <exception cref="DiffusionException">More values than an array can hold (<see cref="ErrorKind.Configuration"/>).</exception>
    public int Elements => Size <= Array.MaxLength
        ? (int)Size
        : MemoryNeed.Length(Size, $"an image of {this}", "choose a smaller size", ErrorKind.Configuration);

    /// <summary>H·W.</summary>
    internal long Pixels => (long)Height * Width;

    /// <summary>C·H·W, however many they are.</summary>
    internal double Size => (double)Channels * Height * Width;

    /// <inheritdoc/>
    public override string ToString() => $"{Channels}×{Height}×{Width}";
}
