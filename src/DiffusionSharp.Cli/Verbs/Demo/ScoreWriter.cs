using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Cli.Verbs.Demo;

/// <summary>Counts the images that are recognised as shapes.</summary>
internal sealed class ScoreWriter : IImageWriter
{
    /// <summary>How many are.</summary>
    public int Recognised { get; private set; }

    public void Write(int[] which, SampledImages images) => Recognised += ShapesScore.Compute(images.ToPictures(), images.Shape.Width).Recognised;

    public void Commit()
    {
        // There is no file.
    }

    public void Dispose()
    {
        // There is no file.
    }
}
