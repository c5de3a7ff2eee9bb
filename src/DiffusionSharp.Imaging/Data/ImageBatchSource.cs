using System.Runtime.InteropServices;
using DiffusionSharp.Data;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// Decoded images of one size, shuffled anew in every epoch: the image at position p, and whether it is mirrored, are pure
/// functions of (seed, p). Reads from any thread.
/// </summary>
public sealed class ImageBatchSource : IBatchSource
{
    private const ulong FlipKey = 0xF11BF11BF11BF11B;
    private readonly PixelStore store;
    private readonly ClassLabels labels;
    private readonly ShuffledOrder order;
    private readonly ulong seed;
    private readonly bool flip;

    // The images of the store that are this source's; null for all.
    private readonly int[]? part;

    internal ImageBatchSource(
        string kind, ImageShape shape, PixelStore store, ClassLabels labels, IReadOnlyList<BadFile> bad, DataOptions options)
    {
        Shape = shape;
        BadFiles = bad;
        this.store = store;
        this.labels = labels;
        seed = options.Seed;
        flip = options.Flip;
        order = new ShuffledOrder(store.Count, options.Seed);
        var classes = ClassNames.Count == 0 ? "" : $" labels {Sha256.Compute(MemoryMarshal.AsBytes<int>(labels.Numbers))[..16]}";
        Fingerprint = FormattableString.Invariant($"{kind} {store.Count} images {shape} {store.ContentHash}{classes} flip {flip} seed {seed}");
    }

    private ImageBatchSource(ImageBatchSource whole, int[] part, string fingerprint)
    {
        Shape = whole.Shape;
        BadFiles = whole.BadFiles;
        Column = whole.Column;
        Skipped = whole.Skipped;
        Animated = whole.Animated;
        (store, labels, seed, flip) = (whole.store, whole.labels, whole.seed, whole.flip);
        this.part = part;
        order = new ShuffledOrder(part.Length, seed);
        Fingerprint = fingerprint;
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public long ImagesPerEpoch => part?.Length ?? store.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => labels.Names;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public bool SomeUnlabelled => labels.Names.Count > 0 && labels.Numbers.Contains(ClassLabels.None);

    /// <summary>Why labels that are there make no classes; null where they do, and where there are none.</summary>
    public string? LabelProblem => labels.Problem;

    /// <summary>What is worth knowing of the classes, such as folders of one name that are one class; null for nothing.</summary>
    public string? ClassNote => labels.Note;

    /// <summary>The column the images were taken from; null where there are no columns.</summary>
    public PictureColumn? Column { get; internal init; }

    /// <summary>Files that were left out.</summary>
    public IReadOnlyList<BadFile> BadFiles { get; }

    /// <summary>Files that look like pictures and were passed over, by kind.</summary>
    public IReadOnlyList<SkippedFiles> Skipped { get; internal init; } = [];

    /// <summary>Images that are the first frame of an animation.</summary>
    public long Animated { get; internal init; }

    /// <summary>True when the pixels lie in a memory-mapped file.</summary>
    public bool IsMapped => store.IsMapped;

    /// <summary>Keeps some of the images apart from training. Which ones depends on how many images there are, and on nothing else.</summary>
    /// <param name="validation">A part of all images below 1, of which there is at least one; a number of them from 1 on.</param>
    /// <returns>Both parts, which share these pixels: dispose of them, and no longer of this.</returns>
    /// <exception cref="DiffusionException">No image is left to train on (<see cref="ErrorKind.Usage"/>).</exception>
    public (ImageBatchSource Training, ImageBatchSource Validation) HoldOut(double validation)
    {
        var (kept, held) = HeldOut.Split(store.Count, validation);
        var text = FormattableString.Invariant($"{Fingerprint} held out {held.Length}");
        return (new ImageBatchSource(this, kept, text), new ImageBatchSource(this, held, $"{text}: those"));
    }

    /// <inheritdoc/>
    public void Read(long position, Span<byte> pixels, Span<int> labels)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, labels.Length * Shape.Elements);
        for (var n = 0; n < labels.Length; n++)
        {
            var image = pixels.Slice(n * Shape.Elements, Shape.Elements);
            var index = Stored(order[position + n]);
            store.Read(index, image);
            labels[n] = this.labels[index];
            if (flip && (new HashRandom(seed ^ FlipKey, (ulong)(position + n)).NextBits() & 1) == 1)
            {
                Mirror(image);
            }
        }
    }

    /// <inheritdoc/>
    public int ReadStored(long index, Span<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)ImagesPerEpoch);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, Shape.Elements);
        var stored = Stored((int)index);
        store.Read(stored, pixels);
        return labels[stored];
    }

    /// <inheritdoc/>
    public void Dispose() => store.Dispose();

    private int Stored(int index) => part is null ? index : part[index];

    private void Mirror(Span<byte> image)
    {
        for (var at = 0; at < image.Length; at += Shape.Width)
        {
            image.Slice(at, Shape.Width).Reverse();
        }
    }
}
