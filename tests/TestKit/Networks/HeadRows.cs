namespace TestKit.Networks;

/// <summary>One head's queries, keys or values in float64, one row for each pixel or each channel.</summary>
internal static class HeadRows
{
    /// <summary>Rows of d channels, one for each pixel, of an image [C, H, W].</summary>
    public static double[][] FromPixels(double[] x, int pixels, int head, int width) =>
        [.. Enumerable.Range(0, pixels).Select(n => (double[])[.. Enumerable.Range(head * width, width).Select(c => x[(c * pixels) + n])])];

    /// <summary>Writes such rows.</summary>
    public static void StorePixels(double[] x, int pixels, int head, int width, double[][] rows)
    {
        for (var n = 0; n < pixels; n++)
        {
            for (var c = 0; c < width; c++)
            {
                x[(((head * width) + c) * pixels) + n] = rows[n][c];
            }
        }
    }

    /// <summary>Rows of zeros.</summary>
    public static double[][] Zero(int rows, int width) => [.. Enumerable.Range(0, rows).Select(_ => new double[width])];

    /// <summary>The row becomes its softmax.</summary>
    public static void Softmax(double[] row)
    {
        var largest = row.Max();
        var sum = row.Sum(v => Math.Exp(v - largest));
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = Math.Exp(row[i] - largest) / sum;
        }
    }

    /// <summary>From the derivative by a softmax p to that by its scores: p·(dp - ⟨p, dp⟩).</summary>
    public static double[] SoftmaxGradient(double[] p, double[] dp)
    {
        var mean = Rows.Dot(p, dp);
        return [.. p.Zip(dp, (value, d) => value * (d - mean))];
    }
}
