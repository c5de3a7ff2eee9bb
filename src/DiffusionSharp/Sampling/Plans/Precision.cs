using System.Numerics;
using System.Runtime.InteropServices;

namespace DiffusionSharp.Sampling.Plans;

/// <summary>Between the sampler's float64 and the network's float32.</summary>
internal static class Precision
{
    /// <summary>Rounds to float32.</summary>
    public static void Narrow(ReadOnlySpan<double> from, Span<float> to)
    {
        var source = MemoryMarshal.Cast<double, Vector<double>>(from);
        var target = MemoryMarshal.Cast<float, Vector<float>>(to);
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = Vector.Narrow(source[2 * i], source[(2 * i) + 1]);
        }

        for (var i = target.Length * Vector<float>.Count; i < to.Length; i++)
        {
            to[i] = (float)from[i];
        }
    }

    /// <summary>Widens to float64 and says whether every value is finite.</summary>
    public static bool Widen(ReadOnlySpan<float> from, Span<double> to)
    {
        var source = MemoryMarshal.Cast<float, Vector<float>>(from);
        var target = MemoryMarshal.Cast<double, Vector<double>>(to);

        // v·0 is 0 for every finite v and NaN for the rest.
        var zeros = Vector<float>.Zero;
        for (var i = 0; i < source.Length; i++)
        {
            Vector.Widen(source[i], out target[2 * i], out target[(2 * i) + 1]);
            zeros += source[i] * 0f;
        }

        var finite = Vector.EqualsAll(zeros, Vector<float>.Zero);
        for (var i = source.Length * Vector<float>.Count; i < from.Length; i++)
        {
            to[i] = from[i];
            finite &= float.IsFinite(from[i]);
        }

        return finite;
    }
}
