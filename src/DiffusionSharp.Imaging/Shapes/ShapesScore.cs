namespace DiffusionSharp.Imaging.Shapes;

/// <summary>How many of many pictures <see cref="ShapesChecker"/> recognises as drawings, and what they show.</summary>
public sealed class ShapesScore
{
    private ShapesScore(IReadOnlyList<ShapeVerdict> verdicts)
    {
        Verdicts = verdicts;
        var accepted = verdicts.Where(v => v.IsShape).ToArray();
        Recognised = accepted.Length;
        PerShape = [.. Enum.GetValues<ShapeKind>().Select(kind => accepted.Count(v => v.Shape == kind))];
        PerHueBin = [.. Enumerable.Range(0, ShapeHue.Bins).Select(bin => accepted.Count(v => v.HueBin == bin))];
        Reasons = verdicts.Where(v => !v.IsShape).CountBy(v => v.Reason, StringComparer.Ordinal)
            .ToDictionary(r => r.Key, r => r.Value, StringComparer.Ordinal);
    }

    /// <summary>The verdict on every picture, in order.</summary>
    public IReadOnlyList<ShapeVerdict> Verdicts { get; }

    /// <summary>Pictures that are clean drawings.</summary>
    public int Recognised { get; }

    /// <summary><see cref="Recognised"/> as a part of all pictures, 0…1; 0 when there are none.</summary>
    public double Fraction => Verdicts.Count == 0 ? 0 : (double)Recognised / Verdicts.Count;

    /// <summary>Recognised pictures of each shape; the index is <see cref="ShapeKind"/>.</summary>
    public IReadOnlyList<int> PerShape { get; }

    /// <summary>Recognised pictures in each hue bin, see <see cref="ShapeHue"/>.</summary>
    public IReadOnlyList<int> PerHueBin { get; }

    /// <summary>Why the others were refused, with counts.</summary>
    public IReadOnlyDictionary<string, int> Reasons { get; }

    /// <summary>Scores verdicts.</summary>
    public static ShapesScore Compute(IEnumerable<ShapeVerdict> verdicts) => new([.. verdicts]);

    /// <summary>Checks and scores pictures.</summary>
    /// <param name="pixels">[N, 3, size, size], 0…255.</param>
    /// <param name="size">Side in pixels, 16…256.</param>
    public static ShapesScore Compute(ReadOnlyMemory<byte> pixels, int size)
    {
        var verdicts = new ShapeVerdict[Count(pixels.Length, size)];
        Parallel.For(0, verdicts.Length, n => verdicts[n] = ShapesChecker.Check(pixels.Span.Slice(n * 3 * size * size, 3 * size * size), size));
        return new ShapesScore(verdicts);
    }

    /// <summary>Checks and scores a network's results.</summary>
    /// <param name="values">[N, 3, size, size], -1…1.</param>
    /// <param name="size">Side in pixels, 16…256.</param>
    public static ShapesScore Compute(ReadOnlyMemory<float> values, int size)
    {
        var verdicts = new ShapeVerdict[Count(values.Length, size)];
        Parallel.For(0, verdicts.Length, n => verdicts[n] = ShapesChecker.Check(values.Span.Slice(n * 3 * size * size, 3 * size * size), size));
        return new ShapesScore(verdicts);
    }

    private static int Count(int length, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        return length % (3 * size * size) == 0
            ? length / (3 * size * size)
            : throw new ArgumentException($"{length} elements are no whole number of RGB pictures of {size}×{size}", nameof(length));
    }
}
