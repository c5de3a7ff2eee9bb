using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>A folder with one picture per image, each there as soon as it is drawn.</summary>
/// <param name="path">The folder.</param>
/// <param name="job">The images.</param>
internal sealed class FolderWriter(string path, SampleJob job) : IImageWriter
{
    private readonly PictureFolder folder = new(path, job.Recipe);

    /// <summary>The wanted images that are not there yet.</summary>
    /// <exception cref="DiffusionException">A picture of one of their names was made in another way.</exception>
    public int[] Missing() => [.. job.Wanted.Where(i => !folder.Has(job.Seeds[i], job.Labels?[i]))];

    /// <summary>How many were written.</summary>
    public int Written { get; private set; }

    public void Write(int[] which, SampledImages images)
    {
        var (values, elements) = (images.ToPictures(), images.Shape.Elements);
        for (var n = 0; n < which.Length; n++)
        {
            folder.Write(job.Seeds[which[n]], job.Labels?[which[n]], images.Shape, values.AsSpan(n * elements, elements));
            Written++;
        }
    }

    public void Commit()
    {
        // Each picture is complete when it is written.
    }

    public void Dispose()
    {
        // What was written stays, for the next session.
    }
}
