using DiffusionSharp;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;

namespace TestKit.Networks;

/// <summary>A network in float64, node by node as <see cref="Operation"/> defines them: what every engine is measured against.</summary>
public sealed class ReferenceNetwork(NetworkGraph graph, Func<ParameterSpec, double[]> weights)
{
    private readonly Dictionary<ParameterSpec, double[]> parameters = graph.Parameters.ToDictionary(p => p, weights);

    /// <summary>The network with an engine's weights.</summary>
    public ReferenceNetwork(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights)
        : this(graph, p => Array.ConvertAll(weights(p).Data, v => (double)v))
    {
    }

    /// <summary>The predictions, [N, C', H', W'].</summary>
    public double[] Predict(DenoiserInput input)
    {
        var result = new List<double>();
        for (var n = 0; n < input.Count; n++)
        {
            var x = input.X.Slice(n * graph.InputShape.Elements, graph.InputShape.Elements);
            result.AddRange(Values(x, input.Timesteps[n], input.Labels.IsEmpty ? 0 : input.Labels[n])[^1]);
        }

        return [.. result];
    }

    /// <summary>The values of all nodes for one image, each [C, H, W].</summary>
    public double[][] Values(ReadOnlySpan<float> x, double timestep, int label) =>
        Values(Array.ConvertAll(x.ToArray(), v => (double)v), timestep, label, dropout: null);

    /// <summary>The values of all nodes for one image, each [C, H, W]; in training, dropout gives the factors of each node that drops values.</summary>
    public double[][] Values(double[] x, double timestep, int label, Func<int, double[]>? dropout)
    {
        var values = new double[graph.Nodes.Count][];
        for (var i = 0; i < values.Length; i++)
        {
            var node = graph.Nodes[i];
            values[i] = node.Operation switch
            {
                Operation.InputX => x,
                Operation.InputTimestep => [timestep],
                Operation.InputLabel => [label],
                Operation.Dropout when dropout is not null => [.. values[node.Inputs[0]].Zip(dropout(i), (v, factor) => v * factor)],
                _ => Compute(node, [.. node.Inputs.Select(k => values[k])], graph.Nodes[node.Inputs[0]].Shape),
            };
            if (values[i].Length != node.Shape.Elements)
            {
                throw new InvalidOperationException($"{node.Name} has {values[i].Length} values, its shape is {node.Shape}");
            }
        }

        return values;
    }

    private double[] Compute(Node node, double[][] inputs, ImageShape shape)
    {
        var a = inputs[0];
        var b = inputs.Length > 1 ? inputs[1] : [];
        var pixels = shape.Height * shape.Width;
        return node.Operation switch
        {
            Operation.Conv2d c => ReferenceConvolution.Apply(a, shape, parameters[c.Weight], parameters[c.Bias], c.Kernel, c.Stride, c.Padding),
            Operation.Linear l => ReferenceConvolution.Apply(a, shape, parameters[l.Weight], l.Bias is { } bias ? parameters[bias] : new double[node.Shape.Channels], kernel: 1, stride: 1, padding: 0),
            Operation.GroupNorm n => GroupNorm(a, pixels, parameters[n.Weight], parameters[n.Bias], n.Groups, n.Epsilon),
            Operation.RmsNorm n => RmsNorm(a, pixels, parameters[n.Weight], n.Floor),
            Operation.Gelu => [.. a.Select(v => v * Normal.Below(v))],
            Operation.Silu => [.. a.Select(v => v / (1 + Math.Exp(-v)))],
            Operation.Relu => [.. a.Select(v => Math.Max(v, 0))],
            Operation.Add => [.. a.Zip(b, (v, w) => v + w)],
            Operation.AddPerChannel => [.. a.Select((v, i) => v + b[i / pixels])],
            Operation.ScaleShift => [.. a.Select((v, i) => (v * (1 + b[i / pixels])) + b[shape.Channels + (i / pixels)])],
            Operation.Affine f => [.. a.Select(v => (f.Factor * v) + f.Offset)],
            Operation.Concat => [.. a, .. b],
            Operation.UpsampleNearest => Pixels(node.Shape, (c, y, x) => a[At(c, y / 2, x / 2)]),
            Operation.AveragePool => Pixels(node.Shape, (c, y, x) =>
                (a[At(c, 2 * y, 2 * x)] + a[At(c, 2 * y, (2 * x) + 1)] + a[At(c, (2 * y) + 1, 2 * x)] + a[At(c, (2 * y) + 1, (2 * x) + 1)]) / 4),
            Operation.MaxPool p => new ReferencePool(shape, node.Shape, p.Kernel, p.Stride, p.Padding).Max(a),
            Operation.MeanPool p => new ReferencePool(shape, node.Shape, p.Kernel, p.Stride, p.Padding).Mean(a),
            Operation.MeanPixel => [.. a.Chunk(pixels).Select(channel => channel.Average())],
            Operation.PadRightBottom => Pixels(node.Shape, (c, y, x) => y < shape.Height && x < shape.Width ? a[At(c, y, x)] : 0),
            Operation.Attention t => Attention(a, b, inputs[2], shape.Channels, pixels, t.Heads, Memory(t.Memory)),
            Operation.LinearAttention t => ReferenceLinearAttention.Apply(a, b, inputs[2], shape.Channels, pixels, t.Heads, Memory(t.Memory)),
            Operation.PoolTokens p => [.. parameters[p.Positions].Select((v, i) => v + Token(i / (pixels + 1), i % (pixels + 1)))],
            Operation.FirstPixel => [.. Enumerable.Range(0, shape.Channels).Select(c => a[c * pixels])],
            Operation.TimestepEmbedding e => Sinusoid(a[0], e),
            Operation.Embedding e => parameters[e.Table][((int)a[0] * node.Shape.Channels)..(((int)a[0] + 1) * node.Shape.Channels)],
            Operation.Dropout => a,
            _ => throw new NotSupportedException($"{node.Name}: {node.Operation.GetType().Name}"),
        };

        int At(int c, int y, int x) => (((c * shape.Height) + y) * shape.Width) + x;

        double Token(int c, int token) => token == 0 ? a.AsSpan(c * pixels, pixels).ToArray().Average() : a[(c * pixels) + token - 1];

        double[] Memory(ParameterSpec? spec) => spec is null ? [] : parameters[spec];
    }

    private static double[] Pixels(ImageShape shape, Func<int, int, int, double> value)
    {
        var result = new double[shape.Elements];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = value(i / (shape.Width * shape.Height), i / shape.Width % shape.Height, i % shape.Width);
        }

        return result;
    }

    /// <summary>Of one image, [C, H, W].</summary>
    public static double[] GroupNorm(double[] x, int pixels, double[] weight, double[] bias, int groups, double epsilon)
    {
        var result = new double[x.Length];
        var size = x.Length / groups;
        for (var start = 0; start < x.Length; start += size)
        {
            var group = x[start..(start + size)];
            var mean = group.Average();
            var deviation = Math.Sqrt(group.Average(v => (v - mean) * (v - mean)) + epsilon);
            for (var i = start; i < start + size; i++)
            {
                result[i] = ((x[i] - mean) / deviation * weight[i / pixels]) + bias[i / pixels];
            }
        }

        return result;
    }

    /// <summary>Of one image, [C, H, W].</summary>
    public static double[] RmsNorm(double[] x, int pixels, double[] weight, double floor)
    {
        var length = new double[pixels];
        for (var i = 0; i < x.Length; i++)
        {
            length[i % pixels] += x[i] * x[i];
        }

        return [.. x.Select((v, i) => v / Math.Max(Math.Sqrt(length[i % pixels]), floor) * weight[i / pixels] * Math.Sqrt(weight.Length))];
    }

    /// <summary>Of one image, each [C, H, W]; memory is [2, heads, M, width], or empty.</summary>
    public static double[] Attention(double[] q, double[] k, double[] v, int channels, int pixels, int heads, double[] memory)
    {
        var result = new double[q.Length];
        var (width, learned) = (channels / heads, memory.Length / 2 / channels);
        Parallel.For(0, heads * pixels, at =>
        {
            var (head, query) = (at / pixels * width, at % pixels);
            int[] rows = [.. Enumerable.Range(head, width).Select(c => c * pixels)];
            var of = Array.ConvertAll(rows, row => q[row + query] / Math.Sqrt(width));
            var weights = new double[pixels + learned];
            Rows.AddProducts(weights.AsSpan(0, pixels), of, k, rows);
            for (var m = 0; m < learned; m++)
            {
                weights[pixels + m] = of.Select((w, c) => w * Memory(0, m, c)).Sum();
            }

            var largest = weights.Max();
            weights = Array.ConvertAll(weights, w => Math.Exp(w - largest));
            var sum = weights.Sum();
            for (var c = 0; c < width; c++)
            {
                for (var key = 0; key < weights.Length; key++)
                {
                    result[rows[c] + query] += weights[key] / sum * (key < pixels ? v[rows[c] + key] : Memory(1, key - pixels, c));
                }
            }

            double Memory(int which, int m, int c) => memory[(((((which * heads) + (head / width)) * learned) + m) * width) + c];
        });
        return result;
    }

    private static double[] Sinusoid(double t, Operation.TimestepEmbedding e)
    {
        var half = e.Dimension / 2;
        var angles = Enumerable.Range(0, half).Select(k => t * e.Scale * Math.Exp(-k * Math.Log(e.MaxPeriod) / (half - e.FreqShift))).ToArray();
        double[] sines = [.. angles.Select(Math.Sin)], cosines = [.. angles.Select(Math.Cos)];
        double[] both = e.FlipSinToCos ? [.. cosines, .. sines] : [.. sines, .. cosines];
        return e.Dimension % 2 == 0 ? both : [.. both, 0];
    }
}
