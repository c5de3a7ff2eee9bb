namespace DiffusionSharp.Training.Objectives;

/// <summary>
/// The latest ten losses of each t, and the distribution that follows from them: p_t ∝ √(mean of their squares), which lowers the variance of the
/// loss; uniform until each t has ten (Nichol and Dhariwal 2021, section 3.3; improved-diffusion's LossSecondMomentResampler).
/// </summary>
internal sealed class LossHistory
{
    /// <summary>Losses kept for each t.</summary>
    public const int Length = 10;

    // So much of p is spread evenly, so that a t whose loss was 0 is not lost for ever.
    private const double UniformPart = 0.001;

    private int warm;

    public LossHistory(int T) => (Losses, Counts) = (new float[checked(T * Length)], new int[T]);

    /// <summary>Goes on with saved losses.</summary>
    public LossHistory(float[] losses, int[] counts) => (Losses, Counts, warm) = (losses, counts, counts.Count(c => c == Length));

    /// <summary>T rows of <see cref="Length"/>, the oldest loss first.</summary>
    public float[] Losses { get; }

    /// <summary>How many there are of each t.</summary>
    public int[] Counts { get; }

    /// <summary>Takes the losses of an update, in the batch's order.</summary>
    public void Add(ReadOnlySpan<int> timesteps, ReadOnlySpan<float> losses)
    {
        for (var i = 0; i < timesteps.Length; i++)
        {
            var t = timesteps[i];
            var row = Losses.AsSpan(t * Length, Length);
            if (Counts[t] == Length)
            {
                row[1..].CopyTo(row);
                row[^1] = losses[i];
                continue;
            }

            row[Counts[t]++] = losses[i];
            warm += Counts[t] == Length ? 1 : 0;
        }
    }

    /// <summary>The distribution; null while it is uniform.</summary>
    public TimestepTable? Table()
    {
        if (warm < Counts.Length)
        {
            return null;
        }

        var roots = new double[Counts.Length];
        var total = 0.0;
        for (var t = 0; t < roots.Length; t++)
        {
            var squares = 0.0;
            foreach (double loss in Losses.AsSpan(t * Length, Length))
            {
                squares += loss * loss;
            }

            total += roots[t] = Math.Sqrt(squares / Length);
        }

        if (total == 0)
        {
            return null;
        }

        for (var t = 0; t < roots.Length; t++)
        {
            roots[t] = ((1 - UniformPart) * roots[t] / total) + (UniformPart / roots.Length);
        }

        return new TimestepTable(roots);
    }
}
