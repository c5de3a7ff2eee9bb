using System.Buffers;
using System.Runtime.InteropServices;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Models;

/// <summary>Compares a parameter that was written with its source.</summary>
internal static class ParameterDifference
{
    /// <summary>The largest difference, relative to the source's largest value.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="source">Reads it from the source.</param>
    /// <param name="written">Reads what was written.</param>
    /// <param name="half">Whether it was rounded to 16 bits; otherwise every bit must be the same.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Storage"/>: what was written is something else.</exception>
    public static double Compute(ParameterSpec parameter, ReadValues source, ReadValues written, bool half)
    {
        var count = (int)parameter.Elements;
        float[] one = ArrayPool<float>.Shared.Rent(count), other = ArrayPool<float>.Shared.Rent(count);
        try
        {
            Span<float> expected = one.AsSpan(0, count), found = other.AsSpan(0, count);
            source(expected);
            written(found);
            return MemoryMarshal.AsBytes(expected).SequenceEqual(MemoryMarshal.AsBytes(found)) ? 0
                : half ? Rounding(parameter, expected, found)
                : throw Other(parameter);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(one);
            ArrayPool<float>.Shared.Return(other);
        }
    }

    private static double Rounding(ParameterSpec parameter, ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
    {
        var (difference, largest) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            if (!((float)(Half)expected[i]).Equals(found[i]))
            {
                throw Other(parameter);
            }

            difference = Math.Max(difference, Math.Abs((double)expected[i] - found[i]));
            largest = Math.Max(largest, Math.Abs((double)expected[i]));
        }

        return difference / largest;
    }

    private static DiffusionException Other(ParameterSpec parameter) => new(
        ErrorKind.Storage, $"parameter {parameter.Name} reads back other than it was written; the disk or memory may be failing, nothing was changed");
}
