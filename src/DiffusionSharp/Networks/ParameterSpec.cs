namespace DiffusionSharp.Networks;

/// <summary>A named array that a network learns.</summary>
/// <param name="Name">Its name, as diffusers spells it.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Initialization">How it begins.</param>
public sealed record ParameterSpec(string Name, ValueList<int> Shape, Initialization Initialization)
{
    /// <summary>Number of values.</summary>
    public long Elements => Shape.Aggregate(1L, (n, d) => n * d);

    /// <summary>Returns weights that have this parameter's shape.</summary>
    /// <param name="weights">The weights.</param>
    /// <exception cref="DiffusionException">They have another (<see cref="ErrorKind.ModelFile"/>).</exception>
    public HostTensor Accept(HostTensor weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return weights.Shape.SequenceEqual(Shape)
            ? weights
            : throw new DiffusionException(ErrorKind.ModelFile, $"parameter {Name} has shape [{string.Join(", ", weights.Shape)}], the network expects {Shape}");
    }
}
