namespace TestKit.Networks;

/// <summary>Linear attention in float64 as the sum over keys it stands for: pixel n receives Σ_m ⟨q'_n, k'_m⟩·v_m.</summary>
public static class ReferenceLinearAttention
{
    /// <summary>Of one image, each [C, H, W]; memory is [2, heads, width, M], or empty.</summary>
    public static double[] Apply(double[] q, double[] k, double[] v, int channels, int pixels, int heads, double[] memory)
    {
        var result = new double[q.Length];
        var (width, learned) = (channels / heads, memory.Length / 2 / channels);
        for (var head = 0; head < heads; head++)
        {
            var first = head * width;
            var keys = Joined(k, 0);
            var values = Joined(v, 1);
            foreach (var row in keys)
            {
                Softmax(row);
            }

            for (var n = 0; n < pixels; n++)
            {
                double[] query = [.. Enumerable.Range(0, width).Select(c => q[((first + c) * pixels) + n])];
                Softmax(query);
                for (var m = 0; m < pixels + learned; m++)
                {
                    var weight = 0.0;
                    for (var c = 0; c < width; c++)
                    {
                        weight += query[c] * keys[c][m] / Math.Sqrt(width);
                    }

                    for (var c = 0; c < width; c++)
                    {
                        result[((first + c) * pixels) + n] += weight * values[c][m];
                    }
                }
            }

            // A channel's values over memory and pixels.
            double[][] Joined(double[] x, int which) => [.. Enumerable.Range(first, width).Select(c => (double[])[
                .. memory.AsSpan(((which * channels) + c) * learned, learned), .. x.AsSpan(c * pixels, pixels)])];
        }

        return result;
    }

    private static void Softmax(double[] x)
    {
        var largest = x.Max();
        var sum = x.Sum(v => Math.Exp(v - largest));
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = Math.Exp(x[i] - largest) / sum;
        }
    }
}
