namespace DiffusionSharp.Sampling.Plans;

/// <summary>Order statistics without a full sort.</summary>
internal static class Quantile
{
    /// <summary>The quantile of |x|, linear between order statistics (torch.quantile, numpy's default).</summary>
    /// <param name="x">Finite values.</param>
    /// <param name="quantile">In [0, 1].</param>
    /// <param name="work">At least as long as x; overwritten.</param>
    public static double OfAbsolute(ReadOnlySpan<double> x, double quantile, Span<double> work)
    {
        work = work[..x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            work[i] = Math.Abs(x[i]);
        }

        var position = quantile * (x.Length - 1);
        var low = (int)position;
        Select(work, low);
        var below = work[low];
        if (low == x.Length - 1)
        {
            return below;
        }

        var above = double.PositiveInfinity;
        foreach (var value in work[(low + 1)..])
        {
            above = Math.Min(above, value);
        }

        return below + ((position - low) * (above - below));
    }

    // Hoare's quickselect: afterwards values[k] is in its sorted place, nothing before it is larger, nothing after it smaller.
    private static void Select(Span<double> values, int k)
    {
        int left = 0, right = values.Length - 1;
        while (left < right)
        {
            var pivot = values[left + ((right - left) / 2)];
            int i = left, j = right;
            while (i <= j)
            {
                while (values[i] < pivot)
                {
                    i++;
                }

                while (values[j] > pivot)
                {
                    j--;
                }

                if (i <= j)
                {
                    (values[i], values[j]) = (values[j], values[i]);
                    i++;
                    j--;
                }
            }

            if (k <= j)
            {
                right = j;
            }
            else if (k >= i)
            {
                left = i;
            }
            else
            {
                return;
            }
        }
    }
}
