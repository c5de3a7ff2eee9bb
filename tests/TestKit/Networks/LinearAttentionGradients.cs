namespace TestKit.Networks;

/// <summary>The derivatives of linear attention for one image.</summary>
internal static class LinearAttentionGradients
{
    /// <summary>By q, k and v, each [C, H, W]; that by the memory, [2, heads, width, M], is added to its own.</summary>
    public static double[][] Compute(double[][] inputs, double[] dy, int pixels, int heads, double[] memory, double[] byMemory)
    {
        double[][] result = [new double[dy.Length], new double[dy.Length], new double[dy.Length]];
        var width = dy.Length / pixels / heads;
        var learned = memory.Length / 2 / heads / width;
        Parallel.For(0, heads, head =>
        {
            // o_n = Σ_c q'_nc·context_c/√d with context_c = Σ_m k'_cm·v_m: q by pixels, k and v by channels.
            var root = Math.Sqrt(width);
            var q = HeadRows.FromPixels(inputs[0], pixels, head, width);
            var (k, v) = (Joined(inputs[1], 0), Joined(inputs[2], 1));
            Array.ForEach(q, HeadRows.Softmax);
            Array.ForEach(k, HeadRows.Softmax);
            var context = Array.ConvertAll(k, key => Array.ConvertAll(v, value => Rows.Dot(key, value)));

            var output = HeadRows.FromPixels(dy, pixels, head, width);
            var byContext = HeadRows.Zero(width, width);
            var dq = new double[pixels][];
            for (var n = 0; n < pixels; n++)
            {
                dq[n] = HeadRows.SoftmaxGradient(q[n], Array.ConvertAll(context, row => Rows.Dot(row, output[n]) / root));
                for (var c = 0; c < width; c++)
                {
                    Rows.AddProduct(byContext[c], q[n][c] / root, output[n]);
                }
            }

            double[][] dk = HeadRows.Zero(width, k[0].Length), dv = HeadRows.Zero(width, k[0].Length);
            for (var c = 0; c < width; c++)
            {
                for (var e = 0; e < width; e++)
                {
                    Rows.AddProduct(dk[c], byContext[c][e], v[e]);
                    Rows.AddProduct(dv[e], byContext[c][e], k[c]);
                }
            }

            HeadRows.StorePixels(result[0], pixels, head, width, dq);
            Store(result[1], [.. k.Zip(dk, HeadRows.SoftmaxGradient)], 0);
            Store(result[2], dv, 1);

            // A channel's values over memory and pixels.
            double[][] Joined(double[] x, int which) => [.. Enumerable.Range(0, width).Select(c => (double[])[
                .. memory.AsSpan(Row(which, c), learned), .. x.AsSpan(((head * width) + c) * pixels, pixels)])];

            void Store(double[] x, double[][] rows, int which)
            {
                for (var c = 0; c < width; c++)
                {
                    rows[c].AsSpan(learned).CopyTo(x.AsSpan(((head * width) + c) * pixels, pixels));
                    Rows.AddProduct(byMemory.AsSpan(Row(which, c), learned), 1, rows[c].AsSpan(0, learned));
                }
            }

            int Row(int which, int c) => ((((which * heads) + head) * width) + c) * learned;
        });
        return result;
    }
}
