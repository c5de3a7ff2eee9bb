using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu;

/// <summary>How the managed engine computes. None of these changes a bit of the result, but <see cref="WeightPrecision"/>.</summary>
public sealed record CpuOptions
{
    /// <summary>Threads of a network call; 0 takes all cores.</summary>
    public int Threads { get; init; }

    /// <summary>How weights are stored; arithmetic is float32 always.</summary>
    public WeightPrecision WeightPrecision { get; init; } = WeightPrecision.Float32;

    /// <summary>Width of the vectors, 128, 256 or 512 bits; 0 takes the widest the processor has.</summary>
    internal int VectorBits { get; init; }

    /// <summary>Threads there will be.</summary>
    internal int ThreadCount => Threads > 0 ? Threads : Environment.ProcessorCount;

    /// <summary>Width of the vectors there will be.</summary>
    internal int VectorWidth => VectorBits > 0 ? VectorBits : CpuEngine.VectorBits;
}
