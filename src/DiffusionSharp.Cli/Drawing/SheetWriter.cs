using DiffusionSharp.Imaging.Sheets;
using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>One picture of all images.</summary>
/// <param name="path">The PNG file.</param>
/// <param name="shape">Shape of one image.</param>
/// <param name="look">How they are shown.</param>
/// <param name="labels">The words, of cells with an image each, and how many stand in a row.</param>
/// <param name="recipe">Stored in the file.</param>
internal sealed class SheetWriter(string path, ImageShape shape, PictureLook look, SheetLabels labels, string recipe) : IImageWriter
{
    private readonly float[] pictures = Room(shape, look, labels);
    private int done;

    public void Write(int[] which, SampledImages images)
    {
        images.ToPictures().CopyTo(pictures, done);
        done += images.Values.Length;
    }

    public void Commit() => Sheet.Write(path, shape, pictures, look, labels, recipe);

    public void Dispose()
    {
        // Nothing is written before all images are there.
    }

    private static float[] Room(ImageShape shape, PictureLook look, SheetLabels labels)
    {
        Sheet.RequireColours(shape);
        Sheet.RequireRoom(shape, look, labels);
        return new float[labels.Captions.Count * shape.Elements];
    }
}
