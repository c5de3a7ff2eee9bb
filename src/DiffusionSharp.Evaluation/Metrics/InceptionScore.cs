namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>
/// The inception score (Salimans et al. 2016, section 4): exp E KL(p(y|x) ‖ p(y)), for each of a few parts of the images, whose mean and deviation
/// are reported. Parts are taken in the images' order, image i·N/parts to (i+1)·N/parts, as everybody does it.
/// </summary>
public static class InceptionScore
{
    /// <summary>The score of each part.</summary>
    /// <param name="logits">What the classifier returned before its softmax, [N, C].</param>
    /// <param name="splits">Parts, at least 1; at most an image each.</param>
    /// <returns>The parts' mean and deviation (divided by how many they are), and their scores, 1 … C each.</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: fewer images than parts.</exception>
    public static Estimate Compute(FeatureMatrix logits, int splits = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(splits, 1);
        FeatureErrors.RequireImages(logits, splits, $"an inception score of {splits} parts");
        var scores = new double[splits];
        for (var i = 0; i < splits; i++)
        {
            int from = (int)((long)i * logits.Count / splits), to = (int)((long)(i + 1) * logits.Count / splits);
            scores[i] = Score(logits, [.. Enumerable.Range(from, to - from)]);
        }

        return new(scores);
    }

    /// <summary>exp of the mean divergence of some images: E KL(p ‖ q) with q = E p.</summary>
    internal static double Score(FeatureMatrix logits, ReadOnlySpan<int> rows)
    {
        var logs = new double[logits.Dimension];
        double[] mean = new double[logits.Dimension];
        var negativeEntropy = 0.0;
        foreach (var row in rows)
        {
            logits.CopyRow(row, logs);
            LogSoftmax(logs);
            for (var c = 0; c < logs.Length; c++)
            {
                var p = Math.Exp(logs[c]);
                mean[c] += p / rows.Length;
                negativeEntropy += p * logs[c] / rows.Length;
            }
        }

        // E Σ p (log p - log q) = E Σ p log p - Σ q log q.
        return Math.Exp(negativeEntropy - mean.Sum(q => q == 0 ? 0 : q * Math.Log(q)));
    }

    private static void LogSoftmax(double[] values)
    {
        var most = values.Max();
        var log = most + Math.Log(values.Sum(v => Math.Exp(v - most)));
        for (var i = 0; i < values.Length; i++)
        {
            values[i] -= log;
        }
    }
}
