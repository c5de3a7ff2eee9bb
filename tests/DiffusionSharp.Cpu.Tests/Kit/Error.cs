namespace DiffusionSharp.Cpu.Tests.Kit;

/// <summary>Distances between what a kernel computed and the truth.</summary>
internal static class Error
{
    /// <summary>The largest difference.</summary>
    public static double Largest(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            // NaN stays, and is within no limit.
            largest = Math.Max(largest, Math.Abs(actual[i] - expected[i]));
        }

        return largest;
    }

    /// <summary>The difference in units of the last place of a float32.</summary>
    public static double Ulps(double expected, float actual) =>
        Math.Abs(actual - expected) / (MathF.BitIncrement(MathF.Abs((float)expected)) - MathF.Abs((float)expected));
}
