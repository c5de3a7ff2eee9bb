using DiffusionSharp.Data;

namespace DiffusionSharp.Imaging.Shapes;

/// <summary>
/// The built-in, endless data set <c>builtin:shapes</c>: picture p of a run is <see cref="ShapeDrawing.Create"/>(seed, p),
/// drawn when it is asked for. Class labels are the shapes.
/// </summary>
public sealed class ShapesSource : IBatchSource
{
    /// <summary>The name that stands for this set wherever a data path is expected.</summary>
    public const string Name = "builtin:shapes";

    // Of the drawings that are the same for every seed.
    private const ulong StoredSeed = 0x76616C69_64617465;

    private readonly int size;
    private readonly ulong seed;

    /// <summary>Creates the set.</summary>
    /// <param name="size">Side of the square RGB pictures, 16…256.</param>
    /// <param name="seed">Sets with different seeds share no picture (for training and validation).</param>
    /// <exception cref="DiffusionException">The size is out of range (<see cref="ErrorKind.Configuration"/>).</exception>
    public ShapesSource(int size = 32, ulong seed = 0)
    {
        if (size is < ShapeRasterizer.MinSize or > ShapeRasterizer.MaxSize)
        {
            throw new DiffusionException(
                ErrorKind.Configuration,
                $"{Name}: image size {size} found, {ShapeRasterizer.MinSize} to {ShapeRasterizer.MaxSize} expected: choose a size in that range");
        }

        this.size = size;
        this.seed = seed;
        Shape = new ImageShape(3, size, size);
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <summary>A nominal epoch: the set is endless and no picture comes twice.</summary>
    public long ImagesPerEpoch => 50_000;

    /// <summary>The names of <see cref="ShapeKind"/>, in lower case.</summary>
    public IReadOnlyList<string> ClassNames { get; } = [.. Enum.GetNames<ShapeKind>().Select(n => n.ToLowerInvariant())];

    /// <inheritdoc/>
    public string Fingerprint => FormattableString.Invariant($"{Name} v1 {Shape} seed {seed}");

    /// <inheritdoc/>
    public void Read(long position, Span<byte> pixels, Span<int> labels)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, labels.Length * Shape.Elements);
        for (var n = 0; n < labels.Length; n++)
        {
            labels[n] = Draw(seed, position + n, pixels.Slice(n * Shape.Elements, Shape.Elements));
        }
    }

    /// <inheritdoc/>
    public int ReadStored(long index, Span<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)ImagesPerEpoch);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, Shape.Elements);
        return Draw(StoredSeed, index, pixels);
    }

    private int Draw(ulong drawingSeed, long position, Span<byte> pixels)
    {
        var drawing = ShapeDrawing.Create(drawingSeed, position);
        ShapeRasterizer.Render(drawing, size, pixels);
        return (int)drawing.Kind;
    }
}
