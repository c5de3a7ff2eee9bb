using DiffusionSharp;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Objectives;

namespace TestKit.Networks;

/// <summary>The loss of a network and its derivatives in float64: what every engine's gradients are measured against.</summary>
public sealed class ReferenceGradients
{
    private readonly NetworkGraph graph;
    private readonly Dictionary<ParameterSpec, double[]> parameters;
    private readonly ReferenceNetwork network;

    /// <summary>The network with weights in float64.</summary>
    public ReferenceGradients(NetworkGraph graph, Func<ParameterSpec, double[]> weights)
    {
        ArgumentNullException.ThrowIfNull(graph);
        this.graph = graph;
        parameters = graph.Parameters.ToDictionary(p => p, weights);
        network = new ReferenceNetwork(graph, p => parameters[p]);
    }

    /// <summary>The network with an engine's weights.</summary>
    public ReferenceGradients(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights)
        : this(graph, p => Array.ConvertAll(weights(p).Data, v => (double)v))
    {
    }

    /// <summary>The predictions that the loss is computed of, [N, C', H', W'].</summary>
    public double[] Predictions(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return [.. Enumerable.Range(0, inputs.Count).AsParallel().AsOrdered().SelectMany(n => Values(n, inputs)[^1])];
    }

    /// <summary>The loss alone.</summary>
    public double Loss(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var losses = new double[inputs.Count];
        Parallel.For(0, inputs.Count, n => losses[n] = LossOf(n, inputs, Values(n, inputs)[^1]).Loss);
        return losses.Sum();
    }

    /// <summary>The loss and its derivative by every parameter, by x, and by every value on the way.</summary>
    public LossGradients Compute(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var images = new (double Loss, ReferenceBackward Backward, double[] X)[inputs.Count];
        Parallel.For(0, inputs.Count, n =>
        {
            var values = Values(n, inputs);
            var (loss, gradient) = LossOf(n, inputs, values[^1]);
            var backward = new ReferenceBackward(graph, parameters, values, Dropout(n, inputs));
            backward.Run(gradient);
            var x = Enumerable.Range(0, values.Length).Where(i => graph.Nodes[i].Operation is Operation.InputX).Select(i => backward.Nodes[i]).OfType<double[]>();
            images[n] = (loss, backward, x.Aggregate(new double[graph.InputShape.Elements], Sum));
        });

        // In the images' order.
        return new LossGradients(
            images.Sum(i => i.Loss),
            graph.Parameters.ToDictionary(p => p.Name, p => images.Select(i => i.Backward.Parameters[p]).Aggregate(new double[p.Elements], Sum)),
            [.. images.SelectMany(i => i.X)],
            [.. images.Select(i => i.Backward.Nodes)]);
    }

    private static double[] Sum(double[] sum, double[] gradient)
    {
        Rows.AddProduct(sum, 1, gradient);
        return sum;
    }

    private double[][] Values(int n, LossInputs inputs)
    {
        var x = inputs.X.AsSpan(n * graph.InputShape.Elements, graph.InputShape.Elements).ToArray();
        return network.Values(x, inputs.Timesteps[n], inputs.Labels.Length == 0 ? 0 : inputs.Labels[n], Dropout(n, inputs));
    }

    // An image's part of the loss, by the values predicted for it.
    private (double Loss, double[] Gradient) LossOf(int n, LossInputs inputs, double[] prediction)
    {
        var target = inputs.Target.AsSpan(n * prediction.Length, prediction.Length);
        var (loss, gradient) = ReferenceLoss.Compute(prediction, target, inputs.Kind, inputs.Reduction);
        var part = inputs.LossWeights[n] / inputs.Count;
        return (part * loss, Array.ConvertAll(gradient, v => part * v));
    }

    // The factors of a node, [C, H, W]; the mask counts pixel by pixel.
    private Func<int, double[]>? Dropout(int n, LossInputs inputs) => inputs.Dropout is not { } dropout ? null : i =>
    {
        var (node, factors) = (graph.Nodes[i], new float[graph.Nodes[i].Shape.Elements]);
        DropoutMask.Fill(dropout.Seed, dropout.Step, n, i, ((Operation.Dropout)node.Operation).Probability, 0, factors);
        var (channels, pixels) = (node.Shape.Channels, node.Shape.Height * node.Shape.Width);
        return [.. Enumerable.Range(0, factors.Length).Select(v => (double)factors[(v % pixels * channels) + (v / pixels)])];
    };
}
