namespace DiffusionSharp.Cli.Drawing;

/// <summary>How pictures are shown; what they show is the same.</summary>
/// <param name="IsLabelled">Whether words say what the images of a sheet are.</param>
/// <param name="Scale">Every pixel becomes so many in height and width; null enlarges the small images of sheets alone.</param>
internal sealed record PictureLook(bool IsLabelled = true, int? Scale = null)
{
    private const int VisibleSide = 96;

    /// <summary>What <c>ddim sample</c> does when nothing says so.</summary>
    public static PictureLook Usual { get; } = new();

    /// <summary>How much the images of a sheet are enlarged.</summary>
    public int SheetScale(ImageShape shape) => Scale ?? Math.Max(1, VisibleSide / Math.Max(shape.Height, shape.Width));
}
