using System.Globalization;

namespace Conformance.Sampling;

/// <summary>The order of convergence: the slope of the line through (ln S, ln error).</summary>
internal static class Slope
{
    // What is left below is the network's float32.
    private const double Rounding = 1e-6;

    /// <summary>Measures the error at S = 20 … 320 and expects it to fall with at least this power of S.</summary>
    public static void AtLeast(double least, Func<int, double> error, string what)
    {
        int[] steps = [20, 40, 80, 160, 320];
        double[] errors = [.. steps.Select(error)];
        var points = steps.Zip(errors).Where(p => p.Second > Rounding).Select(p => (X: Math.Log(p.First), Y: Math.Log(p.Second))).ToArray();
        double meanX = points.Average(p => p.X), meanY = points.Average(p => p.Y);
        var slope = -points.Sum(p => (p.X - meanX) * (p.Y - meanY)) / points.Sum(p => (p.X - meanX) * (p.X - meanX));
        var found = string.Create(CultureInfo.InvariantCulture, $"{what}: order {slope:F2}, errors {string.Join(", ", errors.Select(e => e.ToString("G2", CultureInfo.InvariantCulture)))}");
        TestContext.Current.TestOutputHelper?.WriteLine(found);
        Assert.True(points.Length > 1 && slope >= least, $"{found}; at least {least} is claimed");
    }
}
