using BenchmarkDotNet.Attributes;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Bench.Micro;

/// <summary>Counter-based noise: 400,000 normals, as a batch of 128 CIFAR images takes.</summary>
public class NoiseBenchmarks
{
    private readonly double[] doubles = new double[400_000];
    private readonly float[] floats = new float[400_000];

    /// <summary>As the sampler draws.</summary>
    [Benchmark]
    public void Gaussian400kDouble() => CounterNoise.Gaussian(1, 2, doubles.AsSpan());

    /// <summary>As training draws.</summary>
    [Benchmark]
    public void Gaussian400kSingle() => CounterNoise.Gaussian(1, 2, floats.AsSpan());
}
