namespace DiffusionSharp.Networks;

/// <summary>A named array that a network learns.</summary>
/// <param name="Name">Its name, as diffusers spells it.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Initialization">How it begins.</param>
public sealed record ParameterSpec(string Name, ValueList<int> Shape, Initialization Initialization)
{
    /// <summary>Number of values.</summary>
    public long Elements => Shape.Aggregate(1L, (n, d) => n * d);
}
