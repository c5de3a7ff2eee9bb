namespace Conformance.Networks;

/// <summary>Differences as the goldens measure them.</summary>
internal static class Relative
{
    /// <summary>max|Δ| / max|reference|.</summary>
    public static double MaxDifference(ReadOnlySpan<float> actual, ReadOnlySpan<double> reference)
    {
        Assert.Equal(reference.Length, actual.Length);
        var (difference, scale) = (0.0, 0.0);
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.True(float.IsFinite(actual[i]), $"value {i} is {actual[i]}");
            difference = Math.Max(difference, Math.Abs(actual[i] - reference[i]));
            scale = Math.Max(scale, Math.Abs(reference[i]));
        }

        return difference / scale;
    }
}
