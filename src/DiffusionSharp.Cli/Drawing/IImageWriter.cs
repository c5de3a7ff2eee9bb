using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>Takes images batch by batch as they are drawn.</summary>
internal interface IImageWriter : IDisposable
{
    /// <summary>Takes some images.</summary>
    /// <param name="which">Their places among all of the job, ascending from batch to batch.</param>
    /// <param name="images">The images.</param>
    void Write(int[] which, SampledImages images);

    /// <summary>All images were written. Disposed of without it, a writer of one file leaves none.</summary>
    void Commit();
}
