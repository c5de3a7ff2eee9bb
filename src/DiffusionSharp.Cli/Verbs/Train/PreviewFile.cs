using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Imaging.Sheets;
using DiffusionSharp.Training;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>Writes the samples drawn while training as a sheet: the same seeds in the same places each time, so that only classes need a word.</summary>
internal static class PreviewFile
{
    /// <param name="folder">Receives it.</param>
    /// <param name="preview">The samples.</param>
    /// <param name="classNames">The names of the run's classes, as far as there are any.</param>
    public static string Write(string folder, Preview preview, IReadOnlyList<string> classNames)
    {
        var path = Path.Combine(folder, FormattableString.Invariant($"{preview.Images:D12}.png"));
        var captions = Enumerable.Range(0, preview.Count).Select(IReadOnlyList<string> (i) => preview.Labels is { } labels ? [SheetCaptions.Class(classNames, labels[i])] : []);
        Sheet.Write(path, preview.Shape, preview.Samples, new PictureLook(IsLabelled: preview.Labels is not null), SheetLabels.Captioned([.. captions]));
        return path;
    }
}
