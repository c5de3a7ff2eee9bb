namespace DiffusionSharp.Networks;

/// <summary>
/// A network as data: nodes in the order they are computed, with every shape known but the number of images. Built
/// once by a builder such as <see cref="UNet"/>, read by every engine.
/// </summary>
public sealed class NetworkGraph
{
    internal NetworkGraph(IReadOnlyList<Node> nodes, IReadOnlyList<ParameterSpec> parameters, ImageShape input, int? classCount, int? nullClass)
    {
        Nodes = nodes;
        Parameters = parameters;
        InputShape = input;
        ClassCount = classCount;
        NullClass = nullClass;
    }

    /// <summary>The nodes; the last one's value is the prediction.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>The learned arrays, in the order of their definition.</summary>
    public IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>Shape of one noisy image.</summary>
    public ImageShape InputShape { get; }

    /// <summary>Number of classes the network knows, the null class not counted; null when it has no table of them.</summary>
    public int? ClassCount { get; }

    /// <summary>The label that stands for none, which follows those of the classes; null when there is no such label.</summary>
    public int? NullClass { get; }

    /// <summary>Shape of one prediction.</summary>
    public ImageShape OutputShape => Nodes[^1].Shape;

    /// <summary>Number of learned values.</summary>
    public long ParameterCount => Parameters.Sum(p => p.Elements);

    /// <summary>Floating-point operations of one image's prediction, two for each multiply-add of convolutions, matrices and attention.</summary>
    public long FlopsPerImage => Nodes.Sum(Flops);

    private long Flops(Node node)
    {
        var pixels = (long)node.Shape.Height * node.Shape.Width;
        return node.Operation switch
        {
            Operation.Conv2d c => 2 * c.Weight.Elements * pixels,
            Operation.Linear l => 2 * l.Weight.Elements * pixels,
            Operation.Attention => 4 * pixels * pixels * node.Shape.Channels,
            _ => 0,
        };
    }
}
