namespace DiffusionSharp.Cpu.Training;

/// <summary>A network's learned values and what belongs to each, in blocks of one layout: a whole number of 16 values, zero where no parameter lies.</summary>
internal readonly unsafe struct ParameterPointers
{
    /// <summary>Values of each block, a multiple of 16.</summary>
    public required long Length { get; init; }

    /// <summary>The parameters; changed.</summary>
    public required float* Weights { get; init; }

    /// <summary>The gradient, before clipping; only read.</summary>
    public required float* Gradient { get; init; }

    /// <summary>Adam's m; changed.</summary>
    public required float* FirstMoments { get; init; }

    /// <summary>Adam's v; changed.</summary>
    public required float* SecondMoments { get; init; }

    /// <summary>The averages, one for each decay; changed.</summary>
    public required float*[] Averages { get; init; }
}
