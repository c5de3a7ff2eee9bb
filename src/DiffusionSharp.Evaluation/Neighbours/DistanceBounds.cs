using System.Numerics;

namespace DiffusionSharp.Evaluation.Neighbours;

/// <summary>
/// Between which bounds the squared distance of two images lies, seen from a <see cref="Frame"/>, when â·b̂ of their float32 views is known in float32.
/// </summary>
/// <remarks>
/// With u = 2⁻²⁴ and s = |â| + |b̂|: the product of D terms is wrong by at most γ|â||b̂| ≤ γs²/4, γ = Du / (1 - Du) (Higham 2002, section 3.1), and counts twice;
/// rounding the views moves the distance by at most 1.01us and its square by 2.03us²; |â|² + |b̂|² - 2â·b̂ and the bounds themselves are
/// computed with errors of at most 4.5us²; the float64 distance that decides in the end is wrong by far less than us². Together that is less
/// than (γ/2 + 8u)s²; what underflows is less than 10⁻³⁶.
/// </remarks>
internal readonly struct DistanceBounds
{
    private const double UnitRoundoff = 1.0 / (1 << 24);
    private const float Underflow = 1e-36f;

    private readonly float epsilon;

    public DistanceBounds(int dimension)
    {
        var gamma = dimension * UnitRoundoff / (1 - (dimension * UnitRoundoff));
        epsilon = MathF.BitIncrement((float)((gamma / 2) + (8 * UnitRoundoff)));
    }

    /// <summary>The bounds for one pair.</summary>
    public (float Lower, float Upper) Of(float norm, float square, float otherNorm, float otherSquare, float product)
    {
        var sum = norm + otherNorm;
        float middle = square + otherSquare - (2 * product), margin = (epsilon * (sum * sum)) + Underflow;
        return (middle - margin, middle + margin);
    }

    /// <summary>The lower bounds for several pairs.</summary>
    public Vector<float> Lower(Vector<float> norm, Vector<float> square, ReadOnlySpan<float> otherNorms, ReadOnlySpan<float> otherSquares, ReadOnlySpan<float> products)
    {
        var sum = norm + new Vector<float>(otherNorms);
        return square + new Vector<float>(otherSquares) - (2 * new Vector<float>(products)) - ((epsilon * (sum * sum)) + new Vector<float>(Underflow));
    }
}
