using DiffusionSharp.Imaging.Sheets;
using DiffusionSharp.Models;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>What stands beneath an image on a sheet: its seed and its class.</summary>
internal static class SheetCaptions
{
    // A name from a data set may be a sentence, which would push the images apart.
    private const int LongestName = 20;

    /// <summary>Of the wanted images of a job.</summary>
    public static SheetLabels ForJob(SampleJob job) => SheetLabels.Captioned([.. Captions(job)]);

    /// <summary>The captions alone.</summary>
    public static IEnumerable<IReadOnlyList<string>> Captions(SampleJob job) => job.Wanted.Select(IReadOnlyList<string> (i) => [Seed(job.Seeds[i]), .. Class(job.Model, job.Labels?[i])]);

    public static string Seed(ulong seed) => $"seed {seed}";

    /// <summary>The class of an image, if it has any.</summary>
    public static IEnumerable<string> Class(DiffusionModel model, int? label) => label is int known ? [Class(model.ClassNames, known)] : [];

    /// <summary>A class by its name, if that is known and the typeface has its letters, else by its number.</summary>
    public static string Class(IReadOnlyList<string> names, int label) =>
        label >= names.Count || !LabelFont.Has(names[label]) ? $"class {label}" : names[label].Length <= LongestName ? names[label] : $"{names[label][..(LongestName - 1)]}…";
}
