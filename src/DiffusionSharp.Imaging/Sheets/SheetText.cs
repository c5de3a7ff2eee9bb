using SkiaSharp;

namespace DiffusionSharp.Imaging.Sheets;

/// <summary>One line of words on a sheet.</summary>
/// <param name="Text">The words.</param>
/// <param name="Size">Em size in pixels.</param>
/// <param name="Muted">Whether it is of lesser weight.</param>
/// <param name="Box">The space it takes.</param>
/// <param name="Baseline">Where its letters stand.</param>
internal readonly record struct SheetText(string Text, float Size, bool Muted, SKRect Box, float Baseline);
