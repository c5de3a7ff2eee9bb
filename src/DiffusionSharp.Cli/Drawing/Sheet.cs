using System.Globalization;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Sheets;
using DiffusionSharp.Models;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>Writes images as one picture that a person can see.</summary>
internal static class Sheet
{
    /// <summary>A contact sheet, small images enlarged; one image alone is written without labels, and as large as it is unless it shall be larger.</summary>
    /// <param name="path">The PNG file.</param>
    /// <param name="shape">Shape of one image.</param>
    /// <param name="images">[N, C, H, W], about [-1, 1].</param>
    /// <param name="look">How they are shown.</param>
    /// <param name="labels">The words, of cells with an image each, and how many stand in a row.</param>
    /// <param name="recipe">Stored in the file.</param>
    /// <param name="ofFolder">It lies in the folder of these images, and is none of them.</param>
    public static void Write(
        string path, ImageShape shape, ReadOnlySpan<float> images, PictureLook look, SheetLabels labels, string? recipe = null, bool ofFolder = false)
    {
        RequireColours(shape);
        var pixels = new byte[images.Length];
        ImageFile.ToBytes(images, pixels);
        var text = recipe is null ? [] : Recipe.Metadata(recipe);
        if (ofFolder)
        {
            text[ContactSheet.Key] = "of the pictures in this folder";
        }

        var isOne = images.Length == shape.Elements;
        if (isOne && look.Scale > 1)
        {
            text[Enlargement.Key] = look.Scale.Value.ToString(CultureInfo.InvariantCulture);
        }

        var (sheet, all) = isOne ? Enlargement.Make(shape, pixels, look.Scale ?? 1) : look.IsLabelled
            ? LabelledSheet.Draw(shape, [.. pixels.Chunk(shape.Elements)], labels, columns: 1, look.SheetScale(shape))
            : ImageGrid.Make(shape, pixels, Columns(labels), look.SheetScale(shape));
        ImageFile.SavePng(path, sheet, all, text);
    }

    /// <summary>The model's name on a sheet: its folder's.</summary>
    public static string Name(DiffusionModel model) =>
        Human.Plain(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model.Name))));

    /// <summary>Refuses, before they are drawn, more images than a sheet can hold.</summary>
    /// <inheritdoc cref="Write"/>
    public static void RequireRoom(ImageShape shape, PictureLook look, SheetLabels labels)
    {
        var scale = look.SheetScale(shape);
        ImageGrid.Layout(shape, labels.Captions.Count, Columns(labels), scale);
        if (look.IsLabelled && labels.Captions.Count > 1)
        {
            LabelledSheet.RequireRoom(shape, images: 1, labels, columns: 1, scale);
        }
    }

    /// <summary>Refuses images that are neither grey nor RGB nor RGBA.</summary>
    public static void RequireColours(ImageShape shape)
    {
        if (shape.Channels is not (1 or 3 or 4))
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"the model's images are {shape}; a picture has 1, 3 or 4 channels: write the numbers with --dump FILE.npy instead of --out");
        }
    }

    private static int Columns(SheetLabels labels) => labels.Across * labels.Columns.Count;
}
