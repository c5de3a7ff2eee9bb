namespace DiffusionSharp.Imaging.Files;

/// <summary>What a PNG says of itself.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Frames">Pictures of an animation; 1 without one.</param>
/// <param name="Text">Its uncompressed international texts (iTXt) by key, those of up to 1 MiB.</param>
public sealed record PngFacts(long Width, long Height, long Frames, IReadOnlyDictionary<string, string> Text);
