namespace DiffusionSharp.Training.Objectives;

/// <summary>A distribution of t, and the weights that keep the expected loss the one of uniform t (Nichol and Dhariwal 2021, equation 18).</summary>
internal sealed class TimestepTable
{
    private readonly double[] probabilities;
    private readonly double[] sums;

    /// <param name="probabilities">p_t for each t; above 0, with a sum of about 1.</param>
    public TimestepTable(double[] probabilities)
    {
        this.probabilities = probabilities;
        sums = new double[probabilities.Length];
        var sum = 0.0;
        for (var t = 0; t < sums.Length; t++)
        {
            sums[t] = sum += probabilities[t];
        }
    }

    /// <summary>The t of a uniform number.</summary>
    /// <param name="uniform">In [0, 1).</param>
    public int Draw(double uniform)
    {
        // The first t whose sum lies above.
        var (low, high, at) = (0, sums.Length - 1, uniform * sums[^1]);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = sums[middle] > at ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    /// <summary>p_t.</summary>
    public double Probability(int t) => probabilities[t];

    /// <summary>1/(T·p_t).</summary>
    public double ImportanceWeight(int t) => 1 / (probabilities.Length * probabilities[t]);
}
