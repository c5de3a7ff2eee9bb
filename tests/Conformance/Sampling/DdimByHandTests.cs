using DiffusionSharp;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace Conformance.Sampling;

/// <summary>The sample that is DDIM written out computes what the plan and the sampler compute.</summary>
public class DdimByHandTests
{
    private static readonly ImageShape Shape = new(3, 5, 4);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(50, 0)]
    [InlineData(7, 0.3)]
    [InlineData(20, 1)]
    [InlineData(1000, 1)]
    public void It_is_the_sampler(int steps, double eta)
    {
        // The state differs by rounding in float64, which float32 at the network's door enlarges to 1e-7 where it falls on an edge.
        var plan = DdimPlan.Create(NoiseSchedule.Linear(), Timesteps.Uniform(1000, steps), new DdimOptions { Eta = eta });
        var network = ElementwiseModel.Sine(Shape.Channels);
        var sampled = Sampler.Run(network, plan, new SamplerRequest { Shape = Shape, Count = 1, Noise = NoiseSource.FromSeeds([11]) }).Values;
        var byHand = DdimByHand.Sample(network, Shape, 11, steps, eta);
        Assert.All(sampled.Zip(byHand), both => Assert.Equal(both.First, both.Second, 1e-6));
    }
}
