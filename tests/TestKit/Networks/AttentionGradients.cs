namespace TestKit.Networks;

/// <summary>The derivatives of attention for one image.</summary>
internal static class AttentionGradients
{
    /// <summary>By q, k and v, each [C, H, W]; that by the memory, [2, heads, M, width], is added to its own.</summary>
    public static double[][] Compute(double[][] inputs, double[] dy, int pixels, int heads, double[] memory, double[] byMemory)
    {
        double[][] result = [new double[dy.Length], new double[dy.Length], new double[dy.Length]];
        var width = dy.Length / pixels / heads;
        var learned = memory.Length / 2 / heads / width;
        Parallel.For(0, heads, head =>
        {
            var q = HeadRows.FromPixels(inputs[0], pixels, head, width);
            var (k, v) = (Joined(inputs[1], 0), Joined(inputs[2], 1));
            var output = HeadRows.FromPixels(dy, pixels, head, width);
            double[][] dq = HeadRows.Zero(pixels, width), dk = HeadRows.Zero(k.Length, width), dv = HeadRows.Zero(k.Length, width);
            var root = Math.Sqrt(width);
            for (var n = 0; n < pixels; n++)
            {
                // o = Σ_m p_m·v_m with p the softmax of q·k_m/√d.
                var p = Array.ConvertAll(k, key => Rows.Dot(q[n], key) / root);
                HeadRows.Softmax(p);
                var scores = HeadRows.SoftmaxGradient(p, Array.ConvertAll(v, value => Rows.Dot(output[n], value)));
                for (var m = 0; m < k.Length; m++)
                {
                    Rows.AddProduct(dv[m], p[m], output[n]);
                    Rows.AddProduct(dq[n], scores[m] / root, k[m]);
                    Rows.AddProduct(dk[m], scores[m] / root, q[n]);
                }
            }

            HeadRows.StorePixels(result[0], pixels, head, width, dq);
            Store(result[1], dk, 0);
            Store(result[2], dv, 1);

            // The image's rows, then the memory's.
            double[][] Joined(double[] x, int which) => [
                .. HeadRows.FromPixels(x, pixels, head, width),
                .. Enumerable.Range(0, learned).Select(m => memory.AsSpan(Row(which, m), width).ToArray())];

            void Store(double[] x, double[][] rows, int which)
            {
                HeadRows.StorePixels(x, pixels, head, width, rows);
                for (var m = 0; m < learned; m++)
                {
                    Rows.AddProduct(byMemory.AsSpan(Row(which, m), width), 1, rows[pixels + m]);
                }
            }

            int Row(int which, int m) => ((((which * heads) + head) * learned) + m) * width;
        });
        return result;
    }
}
