using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>Writes images as one picture that a person can see.</summary>
internal static class Sheet
{
    private const int VisibleSide = 96;

    /// <summary>A contact sheet, small images enlarged; one image alone is written as it is.</summary>
    /// <param name="path">The PNG file.</param>
    /// <param name="shape">Shape of one image.</param>
    /// <param name="images">[N, C, H, W], about [-1, 1].</param>
    /// <param name="recipe">Stored in the file.</param>
    /// <param name="columns">Images in a row; null makes the sheet nearly square.</param>
    /// <param name="ofFolder">It lies in the folder of these images, and is none of them.</param>
    public static void Write(string path, ImageShape shape, ReadOnlySpan<float> images, string? recipe = null, int? columns = null, bool ofFolder = false)
    {
        RequireColours(shape);
        var pixels = new byte[images.Length];
        ImageFile.ToBytes(images, pixels);
        var (sheet, all) = images.Length == shape.Elements ? (shape, pixels) : ImageGrid.Make(shape, pixels, columns, Scale(shape));
        var text = recipe is null ? [] : Recipe.Metadata(recipe);
        if (ofFolder)
        {
            text[ContactSheet.Key] = "of the pictures in this folder";
        }

        ImageFile.SavePng(path, sheet, all, text);
    }

    /// <summary>How much small images are enlarged.</summary>
    public static int Scale(ImageShape shape) => Math.Max(1, VisibleSide / Math.Max(shape.Height, shape.Width));

    /// <summary>The model's name on a sheet: its folder's.</summary>
    public static string Name(DiffusionModel model) =>
        Human.Plain(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model.Source.Path))));

    /// <summary>Refuses, before they are drawn, more images than a sheet can hold.</summary>
    /// <inheritdoc cref="Write"/>
    public static void RequireRoom(ImageShape shape, int count, int? columns = null) => ImageGrid.Layout(shape, count, columns, Scale(shape));

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
}
