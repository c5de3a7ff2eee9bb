namespace DiffusionSharp.Networks;

/// <summary>What counts, stores and trains networks has to know of an <see cref="Operation"/>.</summary>
/// <param name="Parameters">The learned arrays it reads.</param>
public sealed record OperationFacts(ValueList<ParameterSpec> Parameters)
{
    /// <summary>Floating-point operations for one image, two for each multiply-add of a product; 0 where they are few beside those of products.</summary>
    public long Flops { get; init; }

    /// <summary>
    /// Whether its parameters are what its input is multiplied with and what is added to that, weights and bias: what engines store and multiply in 16 bits
    /// where they are asked to.
    /// </summary>
    public bool IsProduct { get; init; }

    /// <summary>Learns nothing, costs little.</summary>
    internal static OperationFacts None { get; } = new([]);

    /// <summary>Learns what is there of some arrays.</summary>
    internal static OperationFacts FromParameters(params ParameterSpec?[] parameters) => new([.. parameters.OfType<ParameterSpec>()]);
}
