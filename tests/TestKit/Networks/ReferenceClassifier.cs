using TestKit.Files;

namespace TestKit.Networks;

/// <summary>
/// guided-diffusion's classifier in float64, module by module as its definition has it (unet.py: EncoderUNetModel, ResBlock, AttentionBlock,
/// AttentionPool2d) and by the names of its state dict; it knows no graph.
/// </summary>
/// <param name="flags">Its arguments.</param>
/// <param name="p">Its parameters.</param>
public sealed class ReferenceClassifier(GuidedClassifierFlags flags, IReadOnlyDictionary<string, double[]> p)
{
    /// <summary>The logits of one image, [C, H, W].</summary>
    public double[] Logits(double[] x, double timestep)
    {
        var half = flags.ModelChannels / 2;
        double[] angles = [.. Enumerable.Range(0, half).Select(k => timestep * Math.Exp(-Math.Log(10000) * k / half))];
        var emb = Linear("time_embed.2", Silu(Linear("time_embed.0", [.. angles.Select(Math.Cos), .. angles.Select(Math.Sin)])));
        var h = Conv("input_blocks.0.0", new Image(x, flags.InChannels, flags.ImageSize), 3, 1);
        var (ds, n) = (1, 1);
        foreach (var (level, _) in flags.ChannelMult.Index())
        {
            for (var i = 0; i < flags.NumResBlocks; i++, n++)
            {
                h = ResBlock($"input_blocks.{n}.0", h, emb);
                h = flags.AttentionResolutions.Contains(ds) ? Attention($"input_blocks.{n}.1", h) : h;
            }

            if (level < flags.ChannelMult.Length - 1)
            {
                h = flags.ResblockUpdown ? ResBlock($"input_blocks.{n}.0", h, emb, down: true) : Conv($"input_blocks.{n}.0.op", h, 3, 2);
                (n, ds) = (n + 1, 2 * ds);
            }
        }

        h = ResBlock("middle_block.2", Attention("middle_block.1", ResBlock("middle_block.0", h, emb)), emb);
        return Pool("out.2", Norm("out.0", h, silu: true));
    }

    /// <summary>ln p(label|x).</summary>
    public double LogProbability(double[] x, double timestep, int label)
    {
        var z = Logits(x, timestep);
        var largest = z.Max();
        return z[label] - largest - Math.Log(z.Sum(v => Math.Exp(v - largest)));
    }

    private static double[] Silu(double[] x) => [.. x.Select(v => v / (1 + Math.Exp(-v)))];

    private double[] Linear(string name, double[] x) =>
        [.. p[$"{name}.bias"].Select((b, o) => b + Enumerable.Range(0, x.Length).Sum(i => p[$"{name}.weight"][(o * x.Length) + i] * x[i]))];

    private Image Conv(string name, Image x, int kernel, int stride)
    {
        var (weight, bias, pad, side) = (p[$"{name}.weight"], p[$"{name}.bias"], kernel / 2, ((x.Side - 1) / stride) + 1);
        var y = new Image(new double[bias.Length * side * side], bias.Length, side);
        for (var at = 0; at < y.V.Length; at++)
        {
            var (o, row, column) = (at / (side * side), at / side % side, at % side);
            var sum = bias[o];
            for (var i = 0; i < x.C * kernel * kernel; i++)
            {
                var (c, ky, kx) = (i / (kernel * kernel), (row * stride) + (i / kernel % kernel) - pad, (column * stride) + (i % kernel) - pad);
                sum += ky < 0 || kx < 0 || ky >= x.Side || kx >= x.Side ? 0 : weight[(o * x.C * kernel * kernel) + i] * x.V[(((c * x.Side) + ky) * x.Side) + kx];
            }

            y.V[at] = sum;
        }

        return y;
    }

    private Image Norm(string name, Image x, bool silu)
    {
        var (size, pixels) = (x.V.Length / 32, x.Side * x.Side);
        var y = new double[x.V.Length];
        for (var i = 0; i < y.Length; i++)
        {
            var group = x.V.AsSpan(i / size * size, size).ToArray();
            var mean = group.Average();
            y[i] = ((x.V[i] - mean) / Math.Sqrt(group.Average(v => (v - mean) * (v - mean)) + 1e-5) * p[$"{name}.weight"][i / pixels]) + p[$"{name}.bias"][i / pixels];
        }

        return x with { V = silu ? Silu(y) : y };
    }

    private static Image Halved(Image x)
    {
        var side = x.Side / 2;
        return new Image([.. Enumerable.Range(0, x.C * side * side).Select(i => Mean(i / (side * side), 2 * (i / side % side), 2 * (i % side)))], x.C, side);

        double Mean(int c, int row, int column) => (x.V[At(c, row, column)] + x.V[At(c, row, column + 1)] + x.V[At(c, row + 1, column)] + x.V[At(c, row + 1, column + 1)]) / 4;

        int At(int c, int row, int column) => (((c * x.Side) + row) * x.Side) + column;
    }

    private Image ResBlock(string name, Image x, double[] emb, bool down = false)
    {
        var h = Norm($"{name}.in_layers.0", x, silu: true);
        (h, x) = down ? (Halved(h), Halved(x)) : (h, x);
        h = Conv($"{name}.in_layers.2", h, 3, 1);
        var (vector, pixels) = (Linear($"{name}.emb_layers.1", Silu(emb)), h.Side * h.Side);
        if (flags.ScaleShift)
        {
            var normal = Norm($"{name}.out_layers.0", h, silu: false);
            h = h with { V = Silu([.. normal.V.Select((v, i) => (v * (1 + vector[i / pixels])) + vector[h.C + (i / pixels)])]) };
        }
        else
        {
            h = Norm($"{name}.out_layers.0", h with { V = [.. h.V.Select((v, i) => v + vector[i / pixels])] }, silu: true);
        }

        h = Conv($"{name}.out_layers.3", h, 3, 1);
        var skip = p.ContainsKey($"{name}.skip_connection.weight") ? Conv($"{name}.skip_connection", x, 1, 1) : x;
        return h with { V = [.. h.V.Zip(skip.V, (a, b) => a + b)] };
    }

    // QKVAttentionLegacy: of each head its q, its k and its v.
    private Image Attention(string name, Image x)
    {
        var (tokens, width) = (x.Side * x.Side, flags.NumHeadChannels);
        var qkv = Tokens($"{name}.qkv", Norm($"{name}.norm", x, silu: false).V, tokens);
        var h = new double[x.V.Length];
        for (var head = 0; head < x.C / width; head++)
        {
            var first = 3 * head * width;
            Attend(qkv, tokens, (first, first + width, first + (2 * width)), width, h, head * width);
        }

        return x with { V = [.. Tokens($"{name}.proj_out", h, tokens).Zip(x.V, (a, b) => a + b)] };
    }

    // QKVAttention: of all heads q, then k, then v; the mean is the first token.
    private double[] Pool(string name, Image x)
    {
        var (pixels, width) = (x.Side * x.Side, flags.NumHeadChannels);
        var tokens = pixels + 1;
        var all = new double[x.C * tokens];
        for (var i = 0; i < all.Length; i++)
        {
            var (c, token) = (i / tokens, i % tokens);
            all[i] = (token == 0 ? x.V.AsSpan(c * pixels, pixels).ToArray().Average() : x.V[(c * pixels) + token - 1]) + p[$"{name}.positional_embedding"][i];
        }

        var (qkv, h) = (Tokens($"{name}.qkv_proj", all, tokens), new double[all.Length]);
        for (var first = 0; first < x.C; first += width)
        {
            Attend(qkv, tokens, (first, x.C + first, (2 * x.C) + first), width, h, first);
        }

        var made = Tokens($"{name}.c_proj", h, tokens);
        return [.. Enumerable.Range(0, flags.Classes).Select(k => made[k * tokens])];
    }

    // A convolution of one token, [C, tokens].
    private double[] Tokens(string name, double[] x, int tokens)
    {
        var (weight, bias, inputs) = (p[$"{name}.weight"], p[$"{name}.bias"], x.Length / tokens);
        return [.. Enumerable.Range(0, bias.Length * tokens).Select(i => bias[i / tokens] + Enumerable.Range(0, inputs).Sum(c => weight[(i / tokens * inputs) + c] * x[(c * tokens) + (i % tokens)]))];
    }

    private static void Attend(double[] qkv, int tokens, (int Q, int K, int V) rows, int width, double[] result, int to)
    {
        for (var query = 0; query < tokens; query++)
        {
            double[] w = [.. Enumerable.Range(0, tokens).Select(key => Math.Exp(
                Enumerable.Range(0, width).Sum(c => qkv[((rows.Q + c) * tokens) + query] * qkv[((rows.K + c) * tokens) + key]) / Math.Sqrt(width)))];
            var sum = w.Sum();
            for (var c = 0; c < width; c++)
            {
                result[((to + c) * tokens) + query] = Enumerable.Range(0, tokens).Sum(key => w[key] / sum * qkv[((rows.V + c) * tokens) + key]);
            }
        }
    }

    private sealed record Image(double[] V, int C, int Side);
}
