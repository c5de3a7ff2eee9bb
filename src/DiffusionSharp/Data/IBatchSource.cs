namespace DiffusionSharp.Data;

/// <summary>
/// Training images in an order that is a pure function of (seed, position): image number p of a run is the same
/// image, flipped the same way, whenever and from wherever the run is resumed.
/// </summary>
public interface IBatchSource : IDisposable
{
    /// <summary>Shape of every image.</summary>
    ImageShape Shape { get; }

    /// <summary>Images in one epoch; an endless source names a nominal epoch.</summary>
    long ImagesPerEpoch { get; }

    /// <summary>Names of the classes, empty when the source has no labels.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Whether images without a label, -1, are among the others.</summary>
    bool SomeUnlabelled => false;

    /// <summary>A short text that identifies the content (kind, count, options), saved with a run and compared on resume.</summary>
    string Fingerprint { get; }

    /// <summary>Fills a batch with the images at positions [position, position + N) of the run.</summary>
    /// <param name="position">Images seen since the run began, from 0.</param>
    /// <param name="pixels">Receives [N, C, H, W] in C order, 0…255.</param>
    /// <param name="labels">Receives [N] class labels, -1 for an image without one; 0 in a source without classes.</param>
    void Read(long position, Span<byte> pixels, Span<int> labels);

    /// <summary>
    /// Image number <paramref name="index"/> of the set itself: not shuffled, not mirrored, the same for every seed. An
    /// endless source keeps <see cref="ImagesPerEpoch"/> of them apart from those it trains on.
    /// </summary>
    /// <param name="index">0 to <see cref="ImagesPerEpoch"/> - 1.</param>
    /// <param name="pixels">Receives [C, H, W], 0…255.</param>
    /// <returns>Its class, -1 without one; 0 in a source without classes.</returns>
    int ReadStored(long index, Span<byte> pixels);

    /// <summary>Frees what the source holds; by default, that is nothing.</summary>
    void IDisposable.Dispose()
    {
    }
}
