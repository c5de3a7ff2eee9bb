namespace DiffusionSharp.Noise;

/// <summary>
/// Spherical interpolation of latents (Song et al. 2021, appendix D.5): what lies between two Gaussian x_T on a line is too
/// short to be one; on the arc it is as long as they are.
/// </summary>
public static class Slerp
{
    // Below this sine the formula's quotients lose their digits.
    private const double SmallSine = 1e-6;

    // Beyond this angle the two terms nearly cancel, and between vectors of unequal length what is left of them diverges.
    // Gaussian latents are at right angles, far from it.
    private const double WideAngle = 0.75 * Math.PI;

    /// <summary>sin((1-a)θ)/sin θ · from + sin(aθ)/sin θ · to, with the ends' lengths evened out where θ is beyond 135°; exactly <paramref name="from"/> at 0 and <paramref name="to"/> at 1.</summary>
    /// <param name="from">A vector.</param>
    /// <param name="to">A vector as long.</param>
    /// <param name="a">0…1.</param>
    /// <param name="result">Receives the vector between. Between opposite vectors it is one of the arcs that join them.</param>
    /// <exception cref="ArgumentException">The vectors have different numbers of elements, or a is out of range.</exception>
    public static void Between(ReadOnlySpan<double> from, ReadOnlySpan<double> to, double a, Span<double> result)
    {
        if (from.Length != to.Length || from.Length != result.Length || !(a >= 0 && a <= 1))
        {
            throw new ArgumentException($"vectors of {from.Length}, {to.Length} and {result.Length} elements, a = {a}: one length and 0 <= a <= 1 are needed");
        }

        double length = Length(from), otherLength = Length(to);
        if (a is 0 or 1 || length == 0 || otherLength == 0)
        {
            Combine(from, 1 - a, to, a, result);
            return;
        }

        // θ = 2·atan2(|u-v|, |u+v|) of the unit vectors keeps its digits near 0 and near π, where acos(u·v) has lost them.
        double apart = 0, together = 0;
        for (var i = 0; i < from.Length; i++)
        {
            double u = from[i] / length, v = to[i] / otherLength;
            apart += (u - v) * (u - v);
            together += (u + v) * (u + v);
        }

        var angle = 2 * Math.Atan2(Math.Sqrt(apart), Math.Sqrt(together));
        var sine = Math.Sin(angle);
        double first = Math.Sin((1 - a) * angle) / sine, second = Math.Sin(a * angle) / sine;
        var radius = ((1 - a) * length) + (a * otherLength);
        if (angle <= WideAngle)
        {
            Combine(from, sine < SmallSine ? 1 - a : first, to, sine < SmallSine ? a : second, result);
        }
        else if (sine >= SmallSine)
        {
            Combine(from, radius / length * first, to, radius / otherLength * second, result);
        }
        else
        {
            HalfTurn(from, length, radius, a, result);
        }
    }

    // Opposite vectors: half a turn in the plane of from and the axis it has least of.
    private static void HalfTurn(ReadOnlySpan<double> from, double length, double radius, double a, Span<double> result)
    {
        var axis = 0;
        for (var i = 1; i < from.Length; i++)
        {
            axis = Math.Abs(from[i]) < Math.Abs(from[axis]) ? i : axis;
        }

        var along = from[axis] / length;
        var across = Math.Sqrt((1 - along) * (1 + along));
        double cosine = Math.Cos(a * Math.PI), sine = across == 0 ? 0 : Math.Sin(a * Math.PI) / across;
        for (var i = 0; i < from.Length; i++)
        {
            var u = from[i] / length;
            result[i] = radius * ((cosine * u) + (sine * ((i == axis ? 1 : 0) - (along * u))));
        }
    }

    private static void Combine(ReadOnlySpan<double> from, double first, ReadOnlySpan<double> to, double second, Span<double> result)
    {
        for (var i = 0; i < from.Length; i++)
        {
            result[i] = (first * from[i]) + (second * to[i]);
        }
    }

    private static double Length(ReadOnlySpan<double> vector)
    {
        var sum = 0.0;
        foreach (var value in vector)
        {
            sum += value * value;
        }

        return Math.Sqrt(sum);
    }
}
