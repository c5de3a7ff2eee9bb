namespace Conformance.Networks;

/// <summary>Differences as the goldens measure them.</summary>
internal static class Relative
{
    /// <summary>max|Δ| / max|reference|.</summary>
    public static double MaxDifference(float[] actual, double[] reference) => MaxDifference(Array.ConvertAll(actual, v => (double)v), reference);

    /// <inheritdoc cref="MaxDifference(float[], double[])"/>
    public static double MaxDifference(double[] actual, double[] reference)
    {
        Assert.Equal(reference.Length, actual.Length);
        var (difference, scale) = (0.0, 0.0);
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.True(double.IsFinite(actual[i]), $"value {i} is {actual[i]}");
            difference = Math.Max(difference, Math.Abs(actual[i] - reference[i]));
            scale = Math.Max(scale, Math.Abs(reference[i]));
        }

        return difference / scale;
    }

    /// <summary>Fails, naming who it was, where max|Δ| / max|reference| is above the bound.</summary>
    public static void AssertWithin(double bound, float[] actual, double[] reference, string who) =>
        AssertWithin(bound, Array.ConvertAll(actual, v => (double)v), reference, who);

    /// <inheritdoc cref="AssertWithin(double, float[], double[], string)"/>
    public static void AssertWithin(double bound, double[] actual, double[] reference, string who)
    {
        var difference = MaxDifference(actual, reference);
        Assert.True(difference <= bound, $"{who}: {difference:E2} from the reference, more than {bound:E2}");
    }
}
