namespace DiffusionSharp.Imaging.Decoding;

/// <summary>An upright, opaque picture.</summary>
/// <param name="Format">The file's format, such as "PNG".</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Rgb">[H, W, 3], 0…255.</param>
internal sealed record DecodedImage(string Format, int Height, int Width, byte[] Rgb);
