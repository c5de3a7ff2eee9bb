using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Training;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>Writes the samples drawn while training as a sheet.</summary>
internal static class PreviewFile
{
    public static string Write(string folder, Preview preview)
    {
        var path = Path.Combine(folder, FormattableString.Invariant($"{preview.Images:D12}.png"));
        Sheet.Write(path, preview.Shape, preview.Samples);
        return path;
    }
}
