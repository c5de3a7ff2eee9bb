namespace DiffusionSharp.Training;

/// <summary>Samples drawn while training, from the averaged weights and always the same seeds.</summary>
/// <param name="Images">Images seen by the run.</param>
/// <param name="Count">Number of samples N.</param>
/// <param name="Shape">Shape of each.</param>
/// <param name="Samples">[N, C, H, W], about [-1, 1].</param>
public sealed record Preview(long Images, int Count, ImageShape Shape, float[] Samples)
{
    /// <summary>The class of each; null where the network has none.</summary>
    public IReadOnlyList<int>? Labels { get; init; }
}
