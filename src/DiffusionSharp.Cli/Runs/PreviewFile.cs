using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Torch.Training;

namespace DiffusionSharp.Cli.Runs;

/// <summary>Writes the samples drawn while training as a grid.</summary>
internal static class PreviewFile
{
    public static string Write(string folder, Preview preview)
    {
        var pixels = new byte[preview.Samples.Length];
        ImageFile.ToBytes(preview.Samples, pixels);
        var (shape, grid) = ImageGrid.Make(preview.Shape, pixels, scale: Math.Max(1, 64 / Math.Max(preview.Shape.Height, preview.Shape.Width)));
        var path = Path.Combine(folder, FormattableString.Invariant($"{preview.Images:D12}.png"));
        ImageFile.SavePng(path, shape, grid);
        return path;
    }
}
