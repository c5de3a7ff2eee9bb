namespace DiffusionSharp.Tuning;

/// <summary>The cheapest way down a list of levels in a given number of steps, by dynamic programming (Watson et al. 2021).</summary>
internal static class LeastCostPath
{
    /// <summary>Minimises start[i₁] + step[i₁, i₂] + … + step[i_S, n] over 0 ≤ i₁ &lt; i₂ &lt; … &lt; i_S &lt; n.</summary>
    /// <param name="start">Cost of beginning at level i, [n].</param>
    /// <param name="step">Cost of a step from level i to level j &gt; i, [n+1, n+1]; n is the end. Other entries are not read.</param>
    /// <param name="steps">S, in [1, n].</param>
    /// <returns>The S levels a step leaves from, and the total cost; of several cheapest ways, one.</returns>
    public static (int[] Levels, double Cost) Find(ReadOnlySpan<double> start, double[,] step, int steps)
    {
        var end = start.Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, end);

        // cost[j]: the cheapest way to be at level j after s steps; before[s, j]: the level it came from.
        double[] cost = [.. start, double.PositiveInfinity];
        var before = new int[steps + 1, end + 1];
        for (var s = 1; s <= steps; s++)
        {
            var next = new double[end + 1];
            Array.Fill(next, double.PositiveInfinity);
            for (var j = s; j <= end; j++)
            {
                for (var i = s - 1; i < j; i++)
                {
                    if (cost[i] + step[i, j] is var total && total < next[j])
                    {
                        (next[j], before[s, j]) = (total, i);
                    }
                }
            }

            cost = next;
        }

        var levels = new int[steps];
        for (int s = steps, at = end; s >= 1; s--)
        {
            at = levels[s - 1] = before[s, at];
        }

        return (levels, cost[end]);
    }
}
