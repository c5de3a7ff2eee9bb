using DiffusionSharp;
using DiffusionSharp.Networks;

namespace TestKit.Networks;

/// <summary>From the derivative by a network's prediction for one image to those by its parameters and nodes: one rule an operation.</summary>
internal sealed class ReferenceBackward(
    NetworkGraph graph, IReadOnlyDictionary<ParameterSpec, double[]> parameters, double[][] values, Func<int, double[]>? dropout)
{
    /// <summary>By each parameter.</summary>
    public IReadOnlyDictionary<ParameterSpec, double[]> Parameters { get; } = graph.Parameters.ToDictionary(p => p, p => new double[p.Elements]);

    /// <summary>By each node's value; null where the prediction does not depend on it.</summary>
    public double[]?[] Nodes { get; } = new double[]?[values.Length];

    /// <summary>Goes from the last node to the first.</summary>
    public void Run(double[] gradient)
    {
        Nodes[^1] = gradient;
        for (var i = values.Length - 1; i >= 0; i--)
        {
            if (Nodes[i] is not { } dy)
            {
                continue;
            }

            foreach (var (input, dx) in graph.Nodes[i].Inputs.Zip(Rule(i, graph.Nodes[i], dy)))
            {
                Rows.AddProduct(Nodes[input] ??= new double[dx.Length], 1, dx);
            }
        }
    }

    // The derivative by each input; those by parameters are added to theirs.
    private double[][] Rule(int index, Node node, double[] dy)
    {
        double[][] inputs = [.. node.Inputs.Select(k => values[k])];
        var a = inputs.Length > 0 ? inputs[0] : [];
        var b = inputs.Length > 1 ? inputs[1] : [];
        var shape = inputs.Length > 0 ? graph.Nodes[node.Inputs[0]].Shape : default;
        var pixels = shape.Height * shape.Width;
        return node.Operation switch
        {
            Operation.InputX or Operation.InputTimestep or Operation.InputLabel => [],
            Operation.Conv2d c => [Convolution(a, shape, dy, node.Shape, c.Weight, c.Bias, (c.Kernel, c.Stride, c.Padding))],
            Operation.Linear l => [Convolution(a, shape, dy, node.Shape, l.Weight, l.Bias, (1, 1, 0))],
            Operation.GroupNorm n => [NormGradients.Group(a, dy, pixels, n.Groups, n.Epsilon, parameters[n.Weight], Parameters[n.Weight], Parameters[n.Bias])],
            Operation.RmsNorm n => [NormGradients.Rms(a, dy, pixels, n.Floor, parameters[n.Weight], Parameters[n.Weight])],
            Operation.Gelu => [Each(i => dy[i] * (Normal.Below(a[i]) + (a[i] * Math.Exp(-0.5 * a[i] * a[i]) / Math.Sqrt(2 * Math.PI))))],
            Operation.Silu => [Each(i => dy[i] * Sigmoid(a[i]) * (1 + (a[i] * Sigmoid(-a[i]))))],
            Operation.Relu => [Each(i => a[i] > 0 ? dy[i] : 0)],
            Operation.Add => [dy, dy],
            Operation.AddPerChannel => [dy, PerChannel(dy, pixels)],
            Operation.ScaleShift => [
                Each(i => dy[i] * (1 + b[i / pixels])),
                [.. PerChannel(Each(i => dy[i] * a[i]), pixels), .. PerChannel(dy, pixels)]],
            Operation.Affine f => [Each(i => f.Factor * dy[i])],
            Operation.Concat => [dy[..a.Length], dy[a.Length..]],
            Operation.UpsampleNearest => [Gather(shape, (c, y, x) => dy[At(c, 2 * y, 2 * x)] + dy[At(c, 2 * y, (2 * x) + 1)] + dy[At(c, (2 * y) + 1, 2 * x)] + dy[At(c, (2 * y) + 1, (2 * x) + 1)])],
            Operation.AveragePool => [Gather(shape, (c, y, x) => dy[At(c, y / 2, x / 2)] / 4)],
            Operation.MaxPool p => [new ReferencePool(shape, node.Shape, p.Kernel, p.Stride, p.Padding).MaxGradient(a, dy)],
            Operation.MeanPool p => [new ReferencePool(shape, node.Shape, p.Kernel, p.Stride, p.Padding).MeanGradient(dy)],
            Operation.MeanPixel => [Gather(shape, (c, y, x) => dy[c] / pixels)],
            Operation.PadRightBottom => [Gather(shape, (c, y, x) => dy[At(c, y, x)])],
            Operation.Attention t => AttentionGradients.Compute(inputs, dy, pixels, t.Heads, Values(parameters, t.Memory), Values(Parameters, t.Memory)),
            Operation.LinearAttention t => LinearAttentionGradients.Compute(inputs, dy, pixels, t.Heads, Values(parameters, t.Memory), Values(Parameters, t.Memory)),
            Operation.PoolTokens p => [Tokens(dy, pixels, Parameters[p.Positions])],
            Operation.FirstPixel => [Gather(shape, (c, y, x) => y == 0 && x == 0 ? dy[c] : 0)],
            Operation.TimestepEmbedding e => [Sinusoid(a[0], e, dy)],
            Operation.Embedding e => [Embedding((int)a[0], e, dy)],
            Operation.Dropout => [dropout is null ? dy : [.. dy.Zip(dropout(index), (v, factor) => v * factor)]],
            _ => throw new NotSupportedException($"{node.Name}: {node.Operation.GetType().Name} has no rule"),
        };

        int At(int c, int y, int x) => (((c * node.Shape.Height) + y) * node.Shape.Width) + x;

        double[] Each(Func<int, double> value)
        {
            var result = new double[dy.Length];
            for (var i = 0; i < result.Length; i++)
            {
                result[i] = value(i);
            }

            return result;
        }
    }

    private static double[] Values(IReadOnlyDictionary<ParameterSpec, double[]> of, ParameterSpec? spec) => spec is null ? [] : of[spec];

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double[] PerChannel(double[] x, int pixels)
    {
        var sums = new double[x.Length / pixels];
        for (var i = 0; i < x.Length; i++)
        {
            sums[i / pixels] += x[i];
        }

        return sums;
    }

    private static double[] Gather(ImageShape shape, Func<int, int, int, double> value)
    {
        var result = new double[shape.Elements];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = value(i / (shape.Width * shape.Height), i / shape.Width % shape.Height, i % shape.Width);
        }

        return result;
    }

    private double[] Convolution(
        double[] x, ImageShape shape, double[] dy, ImageShape output, ParameterSpec weight, ParameterSpec? bias, (Sides Kernel, int Stride, Sides Padding) window)
    {
        if (bias is not null)
        {
            Rows.AddProduct(Parameters[bias], 1, PerChannel(dy, output.Height * output.Width));
        }

        var gradients = new ConvolutionGradients(shape, output, window.Kernel, window.Stride, window.Padding, dy);
        gradients.AddByWeight(x, Parameters[weight]);
        return gradients.ByInput(parameters[weight]);
    }

    // Each image's derivative by the positions is that of its tokens.
    private static double[] Tokens(double[] dy, int pixels, double[] byPositions)
    {
        Rows.AddProduct(byPositions, 1, dy);
        return [.. Enumerable.Range(0, dy.Length / (pixels + 1) * pixels).Select(i => dy[(i / pixels * (pixels + 1)) + 1 + (i % pixels)] + (dy[i / pixels * (pixels + 1)] / pixels))];
    }

    // d/dt of sin(f·t) and cos(f·t).
    private static double[] Sinusoid(double t, Operation.TimestepEmbedding e, double[] dy)
    {
        var (half, sum) = (e.Dimension / 2, 0.0);
        for (var k = 0; k < half; k++)
        {
            var frequency = e.Scale * Math.Exp(-k * Math.Log(e.MaxPeriod) / (half - e.FreqShift));
            var (sine, cosine) = e.FlipSinToCos ? (dy[half + k], dy[k]) : (dy[k], dy[half + k]);
            sum += frequency * ((sine * Math.Cos(frequency * t)) - (cosine * Math.Sin(frequency * t)));
        }

        return [sum];
    }

    private double[] Embedding(int label, Operation.Embedding e, double[] dy)
    {
        Rows.AddProduct(Parameters[e.Table].AsSpan(label * dy.Length, dy.Length), 1, dy);
        return [0];
    }
}
