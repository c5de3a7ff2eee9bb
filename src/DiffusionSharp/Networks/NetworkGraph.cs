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
        TakesLabels = nodes.Any(n => n.Operation is Operation.InputLabel);
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
    public long FlopsPerImage => Nodes.Sum(n => n.Operation.Facts(n.Shape).Flops);

    /// <summary>Whether each image needs a class label.</summary>
    public bool TakesLabels { get; }

    /// <summary>Checks what an engine was given before it computes.</summary>
    /// <param name="input">The call's input.</param>
    /// <param name="predictionLength">Values there is room for.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: images, timesteps, labels or room do not fit the network.</exception>
    public void Require(DenoiserInput input, int predictionLength)
    {
        if (input.Shape != InputShape)
        {
            throw Misfit($"the images are {input.Shape}, the network takes {InputShape}");
        }

        var images = input.Count;
        if (images < 1)
        {
            throw Misfit($"{images} images were given; a call takes at least one");
        }

        Count("images hold", input.X.Length, InputShape.Elements);
        Count("timesteps are", input.Timesteps.Length, 1);
        Count("predictions have room for", predictionLength, OutputShape.Elements);
        if (!TakesLabels)
        {
            return;
        }

        if (input.Labels.Length != input.Count)
        {
            throw Misfit($"the network is class-conditional: {input.Count} images need {input.Count} labels, {input.Labels.Length} were given");
        }

        // A label that goes through the timestep's sinusoid may be any number.
        var classes = NullClass + 1 ?? ClassCount ?? int.MaxValue;
        for (var i = 0; i < input.Count; i++)
        {
            if (input.Labels[i] < 0 || input.Labels[i] >= classes)
            {
                throw Misfit($"label {input.Labels[i]} of image {i} is outside 0…{classes - 1}");
            }
        }

        void Count(string what, int found, int each)
        {
            if (found != (long)each * images)
            {
                throw Misfit($"the {what} {found} values, {images} images need {(long)each * images}");
            }
        }
    }

    private static DiffusionException Misfit(string what) => new(ErrorKind.Usage, what);
}
