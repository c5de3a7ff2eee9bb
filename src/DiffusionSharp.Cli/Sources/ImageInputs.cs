using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Cli.Sources;

/// <summary>Images that a verb takes by path.</summary>
internal static class ImageInputs
{
    private const int DefaultDrawings = 16;

    /// <summary>Reads them as the model takes them, [N, C, H, W], -1…1 unless it learned levels in another way.</summary>
    /// <param name="paths">Files, folders, archives, or <c>builtin:shapes</c>, which never ends.</param>
    /// <param name="shape">The model's images.</param>
    /// <param name="asked">The first so many; null for all, or 16 drawings.</param>
    /// <param name="column">The column of parquet sets; null chooses.</param>
    /// <param name="transform">What the network learned of levels.</param>
    /// <param name="cancellation">Stops.</param>
    public static double[] Read(IReadOnlyList<string> paths, ImageShape shape, int? asked, string? column, PixelTransform transform, CancellationToken cancellation) =>
        transform.FromPictures(ImageList.Read(paths, shape, asked ?? (paths.Contains(ShapesSource.Name) ? DefaultDrawings : null), column, cancellation));
}
