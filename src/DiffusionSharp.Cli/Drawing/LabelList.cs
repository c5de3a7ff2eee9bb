using System.Globalization;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Models;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>The class of each image of a class-conditional model.</summary>
internal static class LabelList
{
    /// <summary>One class for all images, or one per image; without any, the classes take turns.</summary>
    /// <param name="text">Numbers or names with commas between them, or null.</param>
    /// <param name="model">The model, which may know its classes by name.</param>
    /// <param name="count">Number of images.</param>
    /// <param name="classifier">What leads the images to classes, which the model need not know; null without.</param>
    /// <param name="option">The option as it was written.</param>
    /// <returns>[N], or null for a model without classes.</returns>
    public static int[]? Resolve(string? text, DiffusionModel model, int count, Classifier? classifier = null, string option = "--labels")
    {
        if ((model.ClassCount ?? classifier?.Classes) is not int classes)
        {
            return text is null ? null : throw new DiffusionException(
                ErrorKind.Usage,
                $"{option} {text}: the model {model.Name} knows no classes; leave {option} out, or take a model that was trained with classes");
        }

        if (text is null)
        {
            return [.. Enumerable.Range(0, count).Select(i => i % classes)];
        }

        // A folder's name, and so a class's, may have a comma in it.
        var names = model.ClassNames;
        var words = names.Contains(text, StringComparer.OrdinalIgnoreCase) ? [text] : text.Split(',', StringSplitOptions.TrimEntries);
        var labels = words.Select(word => One(option, word, names, classes)).ToArray();
        return labels.Length == count ? labels : labels.Length == 1
            ? [.. Enumerable.Repeat(labels[0], count)]
            : throw new DiffusionException(
                ErrorKind.Usage,
                $"{option}: {labels.Length} labels for {Human.Images(count)}; give one for all, or one per image");
    }

    private static int One(string option, string word, ValueList<string> names, int classes)
    {
        var byName = names.ToList().FindIndex(n => n.Equals(word, StringComparison.OrdinalIgnoreCase));
        if (byName >= 0)
        {
            return byName;
        }

        var known = names.Count > 0 ? $" or a name of {string.Join(", ", names)}" : "";
        return int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var label) && label < classes
            ? label
            : throw new DiffusionException(
                ErrorKind.Usage,
                $"{option}: found '{word}'; give a number in 0…{classes - 1}{known}{Suggestion.For(word, names)}");
    }
}
