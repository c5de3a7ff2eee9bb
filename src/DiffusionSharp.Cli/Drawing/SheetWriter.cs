using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>One picture of all images.</summary>
/// <param name="path">The PNG file.</param>
/// <param name="shape">Shape of one image.</param>
/// <param name="count">How many images there will be.</param>
/// <param name="recipe">Stored in the file.</param>
/// <param name="columns">Images in a row; null makes the sheet nearly square.</param>
internal sealed class SheetWriter(string path, ImageShape shape, int count, string recipe, int? columns = null) : IImageWriter
{
    private readonly float[] pictures = Room(shape, count, columns);
    private int done;

    public void Write(int[] which, SampledImages images)
    {
        images.ToPictures().CopyTo(pictures, done);
        done += images.Values.Length;
    }

    public void Commit() => Sheet.Write(path, shape, pictures, recipe, columns);

    public void Dispose()
    {
        // Nothing is written before all images are there.
    }

    private static float[] Room(ImageShape shape, int count, int? columns)
    {
        Sheet.RequireColours(shape);
        Sheet.RequireRoom(shape, count, columns);
        return new float[count * shape.Elements];
    }
}
