using System.Runtime.InteropServices;
using DiffusionSharp.Data;
using DiffusionSharp.Storage;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// Decoded images of one size, shuffled anew in every epoch: the image at position p, and whether it is mirrored, are pure
/// functions of (seed, p). Reads from any thread.
/// </summary>
public sealed class ImageBatchSource : IBatchSource, IDisposable
{
    private const ulong FlipKey = 0xF11BF11BF11BF11B;
    private readonly PixelStore store;
    private readonly int[] labels;
    private readonly ShuffledOrder order;
    private readonly ulong seed;
    private readonly bool flip;

    internal ImageBatchSource(
        string kind, ImageShape shape, PixelStore store, int[] labels, IReadOnlyList<string> classNames, IReadOnlyList<BadFile> bad, DataOptions options)
    {
        Shape = shape;
        ClassNames = classNames;
        BadFiles = bad;
        this.store = store;
        this.labels = labels;
        seed = options.Seed;
        flip = options.Flip;
        order = new ShuffledOrder(store.Count, options.Seed);
        var classes = classNames.Count == 0 ? "" : $" labels {Sha256.Of(MemoryMarshal.AsBytes<int>(labels))[..16]}";
        Fingerprint = FormattableString.Invariant($"{kind} {store.Count} images {shape} {store.ContentHash}{classes} flip {flip} seed {seed}");
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public long ImagesPerEpoch => store.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Files that were left out.</summary>
    public IReadOnlyList<BadFile> BadFiles { get; }

    /// <summary>Files that look like pictures and were passed over, by kind.</summary>
    public IReadOnlyList<SkippedFiles> Skipped { get; internal init; } = [];

    /// <summary>True when the pixels lie in a memory-mapped file.</summary>
    public bool IsMapped => store.IsMapped;

    /// <inheritdoc/>
    public void Read(long position, Span<byte> pixels, Span<int> labels)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, labels.Length * Shape.Elements);
        for (var n = 0; n < labels.Length; n++)
        {
            var image = pixels.Slice(n * Shape.Elements, Shape.Elements);
            var index = order[position + n];
            store.Read(index, image);
            labels[n] = this.labels.Length == 0 ? 0 : this.labels[index];
            if (flip && (new HashRandom(seed ^ FlipKey, (ulong)(position + n)).NextBits() & 1) == 1)
            {
                Mirror(image);
            }
        }
    }

    /// <inheritdoc/>
    public int ReadStored(long index, Span<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)store.Count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, Shape.Elements);
        store.Read((int)index, pixels);
        return labels.Length == 0 ? 0 : labels[index];
    }

    /// <inheritdoc/>
    public void Dispose() => store.Dispose();

    private void Mirror(Span<byte> image)
    {
        for (var at = 0; at < image.Length; at += Shape.Width)
        {
            image.Slice(at, Shape.Width).Reverse();
        }
    }
}
