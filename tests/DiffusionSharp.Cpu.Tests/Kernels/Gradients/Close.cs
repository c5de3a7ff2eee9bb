using DiffusionSharp.Cpu.Tests.Kit;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

/// <summary>What a kernel computed, against the truth.</summary>
internal static class Close
{
    /// <summary>One image of a result within a part of the largest value.</summary>
    public static void To(double[] expected, float[] actual, int image, double tolerance, string what)
    {
        var largest = Math.Max(expected.Max(Math.Abs), double.Epsilon);
        var error = Error.Largest(expected, actual[(image * expected.Length)..((image + 1) * expected.Length)]) / largest;
        Assert.True(error <= tolerance, FormattableString.Invariant($"{what}: {error} of the largest, {largest}"));
    }
}
