using System.Numerics;

namespace DiffusionSharp.Evaluation.Neighbours;

/// <summary>Who may be among an image's k nearest: all whose lower bound is not above the k-th smallest upper bound.</summary>
internal sealed class Candidates(int k)
{
    private readonly List<(int Index, float Lower)> list = [];

    // The k smallest upper bounds so far, ascending.
    private readonly float[] uppers = Enumerable.Repeat(float.PositiveInfinity, k).ToArray();

    /// <summary>Those left.</summary>
    public IEnumerable<int> Left => list.Where(c => c.Lower <= uppers[^1]).Select(c => c.Index);

    /// <summary>Looks at some images.</summary>
    /// <param name="bounds">The bounds.</param>
    /// <param name="norm">This image's length.</param>
    /// <param name="square">Its square.</param>
    /// <param name="others">The others' set.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="products">Their products with this image.</param>
    /// <param name="except">One that is not to be among them, or -1.</param>
    public void Look(DistanceBounds bounds, float norm, float square, ViewedRows others, int first, ReadOnlySpan<float> products, int except)
    {
        ReadOnlySpan<float> norms = others.Norms.Slice(first, products.Length), squares = others.Squares.Slice(first, products.Length);
        Vector<float> ownNorm = new(norm), ownSquare = new(square);
        for (var i = 0; i < products.Length; i += Vector<float>.Count)
        {
            var whole = i + Vector<float>.Count <= products.Length;
            if (whole && Vector.GreaterThanAll(bounds.Lower(ownNorm, ownSquare, norms[i..], squares[i..], products[i..]), new Vector<float>(uppers[^1])))
            {
                continue;
            }

            for (var j = i; j < Math.Min(i + Vector<float>.Count, products.Length); j++)
            {
                var (lower, upper) = bounds.Of(norm, square, norms[j], squares[j], products[j]);
                if (lower <= uppers[^1] && first + j != except)
                {
                    Add(first + j, lower, upper);
                }
            }
        }
    }

    private void Add(int index, float lower, float upper)
    {
        if (list.Count == list.Capacity && list.Count > 0)
        {
            // Before it grows, who is no candidate any more goes.
            list.RemoveAll(c => c.Lower > uppers[^1]);
        }

        list.Add((index, lower));
        if (upper < uppers[^1])
        {
            var place = Array.FindIndex(uppers, u => upper < u);
            uppers.AsSpan(place, uppers.Length - place - 1).CopyTo(uppers.AsSpan(place + 1));
            uppers[place] = upper;
        }
    }
}
