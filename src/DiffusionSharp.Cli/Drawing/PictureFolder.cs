using System.Globalization;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>A folder with one picture per image, named by its seed, which can be filled in several sessions.</summary>
internal sealed class PictureFolder(string path, Recipe recipe)
{
    /// <summary>True when the picture is there, complete and of the same recipe, apart from what only rounds the network's sums in another way.</summary>
    /// <exception cref="DiffusionException">A picture of that name was made in another way.</exception>
    public bool Has(ulong seed, int? label)
    {
        var file = File(seed);
        if (!System.IO.File.Exists(file))
        {
            return false;
        }

        string? found;
        try
        {
            found = PngFile.Read(file).Text.GetValueOrDefault(Recipe.Key);
        }
        catch (DiffusionException e) when (e.Kind == ErrorKind.Data)
        {
            return false;
        }

        return found is not null && Recipe.SamePicture(found, RecipeFor(seed, label))
            ? true
            : throw new DiffusionException(
                ErrorKind.Usage,
                $"{file} was made by another recipe: {RecipeDifference.Describe(found, RecipeFor(seed, label))}; choose another folder, or delete it");
    }

    /// <summary>Writes one picture.</summary>
    public void Write(ulong seed, int? label, ImageShape shape, ReadOnlySpan<float> image) =>
        ImageFile.SavePng(File(seed), shape, image, Recipe.Metadata(RecipeFor(seed, label)));

    /// <summary>The file of a picture.</summary>
    public string File(ulong seed) => Path.Combine(path, seed.ToString("D8", CultureInfo.InvariantCulture) + ".png");

    private string RecipeFor(ulong seed, int? label) => recipe.ToJson([seed], label is int known ? [known] : null, only: seed);
}
