namespace DiffusionSharp.Networks;

/// <summary>A network's options: all it takes to build its graph. The kinds are those of this assembly.</summary>
public abstract record NetworkConfig
{
    private protected NetworkConfig()
    {
    }

    /// <summary>Shape of one input image.</summary>
    public abstract ImageShape InputShape { get; }

    /// <summary>Number of classes, the null class not counted; null without a label table.</summary>
    public virtual int? ClassCount => null;

    /// <summary>Names of the classes, from the first row of the label table on; empty when they are not known.</summary>
    public ValueList<string> ClassNames { get; init; } = [];

    /// <summary>
    /// The same network for images of another size. Convolutions, norms and attention take any that the levels divide, with the same parameters; what a
    /// trained one draws there is another matter.
    /// </summary>
    /// <param name="height">Rows of the images.</param>
    /// <param name="width">Columns of the images.</param>
    public abstract NetworkConfig At(int height, int width);

    /// <summary>Builds the network.</summary>
    /// <returns>The graph; x [N, C, H, W], t [N] and, for a conditional network, labels [N] go in, m comes out.</returns>
    /// <exception cref="DiffusionException">The options are invalid; the message lists every problem.</exception>
    public abstract NetworkGraph Build();
}
