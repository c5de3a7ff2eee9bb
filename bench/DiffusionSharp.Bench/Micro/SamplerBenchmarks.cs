using BenchmarkDotNet.Attributes;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Bench.Micro;

/// <summary>One step of the sampler on 16 images of 3×32×32, with a network that costs nothing.</summary>
public class SamplerBenchmarks
{
    private const int Steps = 50;
    private readonly FreeDenoiser network = new();
    private SamplingPlan plan = null!;
    private SamplerRequest request = null!;

    /// <summary>η = 1 draws noise in every step but the last.</summary>
    [Params(0.0, 1.0)]
    public double Eta { get; set; }

    /// <summary>Makes plan and request; x_T is given, so that its noise is not counted.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var schedule = NoiseSchedule.Linear();
        plan = DdimPlan.Create(schedule, Timesteps.Uniform(schedule.T, Steps), new DdimOptions { Eta = Eta, X0Treatment = X0Treatment.Clip() });
        var shape = new ImageShape(3, 32, 32);
        request = new SamplerRequest
        {
            Shape = shape,
            Count = 16,
            Noise = NoiseSource.FromSeeds([.. Enumerable.Range(0, 16).Select(i => (ulong)i)]),
            InitialX = new double[16 * shape.Elements],
        };
    }

    /// <summary>The time of one of the steps.</summary>
    [Benchmark(OperationsPerInvoke = Steps)]
    public SampledImages Step() => Sampler.Run(network, plan, request);
}
