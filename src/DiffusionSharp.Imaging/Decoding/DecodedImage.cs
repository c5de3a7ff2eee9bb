namespace DiffusionSharp.Imaging.Decoding;

/// <summary>An upright picture, opaque unless its transparency was asked for.</summary>
/// <param name="Format">The file's format, such as "PNG".</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Rgb">[H, W, 3], 0…255.</param>
internal sealed record DecodedImage(string Format, int Height, int Width, byte[] Rgb)
{
    /// <summary>[H, W], 0 (transparent) to 255; null for opaque pictures.</summary>
    public byte[]? Alpha { get; init; }

    /// <summary>True for the first of several frames.</summary>
    public bool IsFirstFrame { get; init; }

    /// <summary>The picture with other pixels.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="move">Makes pixels of so many bytes each of those that are there.</param>
    public DecodedImage Moved(int height, int width, Func<byte[], int, byte[]> move) =>
        this with { Height = height, Width = width, Rgb = move(Rgb, 3), Alpha = Alpha is null ? null : move(Alpha, 1) };
}
