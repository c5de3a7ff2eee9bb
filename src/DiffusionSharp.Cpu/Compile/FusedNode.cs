using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>A node with what follows it alone and became part of it.</summary>
/// <param name="Name">The name of the last node in it, whose value it is.</param>
/// <param name="Operation">The first node's.</param>
/// <param name="Inputs">Places of the nodes that the first one reads.</param>
/// <param name="Shape">Shape of its value for one image.</param>
/// <param name="PerCondition">Whether there is one value for each pair of timestep and label, and not for each image.</param>
internal sealed record FusedNode(string Name, Operation Operation, ValueList<int> Inputs, ImageShape Shape, bool PerCondition)
{
    /// <summary>A vector that is added to each pixel of a convolution's result.</summary>
    public int? Vector { get; init; }

    /// <summary>A value that is added to the result of a convolution or an attention.</summary>
    public int? Residual { get; init; }

    /// <summary>Whether ReLU follows a convolution and what is added to it.</summary>
    public bool Relu { get; init; }

    /// <summary>A vector of scales and shifts that follow a normalisation.</summary>
    public int? ScaleShift { get; init; }

    /// <summary>Whether SiLU follows a normalisation.</summary>
    public bool Silu { get; init; }

    /// <summary>Dropout that follows a normalisation: its probability, and its node in the network.</summary>
    public (double Probability, int Node)? Dropout { get; init; }

    /// <summary>All it reads.</summary>
    public IEnumerable<int> Reads => [.. Inputs, .. Present(Vector), .. Present(Residual), .. Present(ScaleShift)];

    /// <summary>A convolution or a matrix.</summary>
    public bool IsConvolution => Operation is Operation.Conv2d or Operation.Linear;

    /// <summary>A norm of groups or of pixels.</summary>
    public bool IsNormalization => Operation is Operation.GroupNorm or Operation.RmsNorm;

    /// <summary>Whether it has what training learns.</summary>
    public bool HasParameters => Operation.Facts(Shape).Parameters.Count > 0;

    /// <summary>The same node where the nodes it reads lie elsewhere.</summary>
    public FusedNode Moved(Func<int, int> place) => this with
    {
        Inputs = [.. Inputs.Select(place)],
        Vector = Vector is { } v ? place(v) : null,
        Residual = Residual is { } r ? place(r) : null,
        ScaleShift = ScaleShift is { } s ? place(s) : null,
    };

    private static IEnumerable<int> Present(int? place) => place is { } p ? [p] : [];
}
