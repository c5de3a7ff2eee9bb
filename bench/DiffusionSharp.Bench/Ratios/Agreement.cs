namespace DiffusionSharp.Bench.Ratios;

/// <summary>A comparison is worth nothing when the two sides do not compute the same.</summary>
internal static class Agreement
{
    public static void Require(string what, double ours, double theirs, double tolerance)
    {
        if (!(Math.Abs(ours - theirs) <= tolerance * Math.Abs(theirs)))
        {
            throw new InvalidOperationException(FormattableString.Invariant($"{what}: ours is {ours:R}, eager libtorch's {theirs:R}; they must agree to {tolerance} before anything is timed"));
        }
    }

    /// <summary>max|Δ| relative to max|theirs|.</summary>
    public static void Require(string what, ReadOnlySpan<float> ours, ReadOnlySpan<float> theirs, double tolerance)
    {
        double difference = 0, largest = 0;
        for (var i = 0; i < theirs.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs(ours[i] - theirs[i]));
            largest = Math.Max(largest, Math.Abs(theirs[i]));
        }

        if (!(difference <= tolerance * largest))
        {
            throw new InvalidOperationException(FormattableString.Invariant($"{what}: ours and eager libtorch's differ by up to {difference:R}, the largest value is {largest:R}; they must agree to {tolerance} of it before anything is timed"));
        }
    }
}
