using CsCheck;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Editing;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Schedules;

namespace DiffusionSharp.Tests.Sampling.Editing;

public class RepaintPlanTests
{
    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear();
    private static readonly ImageShape Shape = new(3, 2, 3);

    private static NoiseLevels Levels(int steps, FinalAlphaBar final = FinalAlphaBar.One) => NoiseLevels.FromTimesteps(Linear, Timesteps.Uniform(1000, steps), final);

    private static float Model(float x, double t) => (float)((0.3 * Math.Sin((3 * x) + (t / 250))) + (0.1 * x));

    // Mean and variance of x through the plan, for a network that knows the one x0 there is: every level is met with its marginal.
    [Fact]
    public void Every_level_is_met_with_its_marginal() =>
        Gen.Select(NoiseScheduleTests.Any.Where(s => !s.HasZeroTerminalSnr), Gen.Int[1, 12], Gen.Int[1, 5], Gen.Int[1, 3], Gen.Double[0, 1], Gen.Double[-1, 1])
            .Sample((schedule, steps, length, resamples, eta, x0) =>
            {
                var levels = NoiseLevels.FromTimesteps(schedule, Timesteps.Uniform(schedule.T, Math.Min(steps, schedule.T)));
                var plan = RepaintPlan.Create(levels, new DdimOptions { Eta = eta }, new JumpSchedule(length, resamples));
                double mean = Math.Sqrt(levels[0].AlphaBar) * x0, variance = 1 - levels[0].AlphaBar;
                foreach (var s in plan.Steps)
                {
                    Assert.Equal(s.Timestep is not null, s.Blends);
                    if (s.Timestep is null)
                    {
                        (mean, variance) = (s.X * mean, (s.X * s.X * variance) + (s.Sigma * s.Sigma));
                    }
                    else
                    {
                        // ε = (x-√ᾱ·x0)/√(1-ᾱ).
                        double a = Math.Sqrt(s.AlphaBarFrom), b = Math.Sqrt(1 - s.AlphaBarFrom), epsilon = (mean - (a * x0)) / b;
                        mean = (s.X * mean) + (s.M * epsilon) + (s.X0 * ((s.X0FromX * mean) + (s.X0FromM * epsilon)));
                        var slope = s.X + (s.M / b) + (s.X0 * (s.X0FromX + (s.X0FromM / b)));
                        variance = (slope * slope * variance) + (s.Sigma * s.Sigma);
                    }

                    Assert.Equal(Math.Sqrt(s.AlphaBarTo) * x0, mean, 1e-6);
                    Assert.Equal(1 - s.AlphaBarTo, variance, 1e-6);
                }

                Assert.Equal(1, plan.FinalAlphaBar);
            });

    [Fact]
    public void What_is_kept_is_exact_and_grey_lies_between()
    {
        double[] known = [.. Enumerable.Range(0, 2 * Shape.Elements).Select(i => Math.Sin(i))], mask = [0, 1, 0.25, 0, 0, 1, 1, 1, 0, 0, 0.5, 1];
        foreach (var final in Enum.GetValues<FinalAlphaBar>())
        {
            var plan = RepaintPlan.Create(Levels(7, final), new DdimOptions { Eta = 0.5 }, new JumpSchedule(2, 3));
            var result = Sampler.Run(new FakeDenoiser(3, Model), plan, Request(new Inpainting(known, mask), 4, 9));
            for (var i = 0; i < known.Length; i++)
            {
                Assert.Equal(mask[(i / Shape.Elements * 6) + (i % 6)] == 0, known[i] == result.Values[i]);
            }
        }
    }

    // The walk and the blend once more, as plainly as they are defined.
    [Fact]
    public void The_loop_is_algorithm_1()
    {
        double[] known = [.. Enumerable.Range(0, Shape.Elements).Select(i => Math.Cos(i))], mask = [0, 1, 0.25, 1, 0, 1];
        var levels = Levels(5);
        var noise = NoiseSource.FromSeeds([6]);
        double[] x = new double[Shape.Elements], z = new double[x.Length];
        noise.Fill(0, NoiseSource.InitialStep, x);
        int[] walk = [1, 2, 0, 1, 2, 3, 4, 2, 3, 4, 5];
        var at = 0;
        for (var k = 0; k < walk.Length; k++)
        {
            double from = levels.AlphaBar(at), to = levels.AlphaBar(walk[k]);
            if (walk[k] < at)
            {
                noise.Fill(0, k, z);
                x = [.. x.Zip(z, (v, e) => (Math.Sqrt(to / from) * v) + (Math.Sqrt(1 - (to / from)) * e))];
            }
            else
            {
                noise.Fill(0, NoiseSource.KnownStep(k), z);
                for (var i = 0; i < x.Length; i++)
                {
                    var m = Model((float)x[i], levels[at].Timestep);
                    var x0 = (x[i] - (Math.Sqrt(1 - from) * m)) / Math.Sqrt(from);
                    var painted = (Math.Sqrt(to) * x0) + (Math.Sqrt(1 - to) * m);
                    x[i] = (mask[i % 6] * painted) + ((1 - mask[i % 6]) * ((Math.Sqrt(to) * known[i]) + (Math.Sqrt(1 - to) * z[i])));
                }
            }

            at = walk[k];
        }

        var plan = RepaintPlan.Create(levels, new DdimOptions(), new JumpSchedule(2, 2));
        Assert.All(x.Zip(Sampler.Run(new FakeDenoiser(3, Model), plan, Request(new Inpainting(known, mask), 6)).Values), p => Assert.Equal(p.First, p.Second, 1e-6));
    }

    [Fact]
    public void An_image_is_the_same_in_any_batch_and_at_any_place() => Gen.Select(Gen.ULong[0, 50].Array[1, 6], Gen.Int[1, 7]).Sample((seeds, batch) =>
    {
        // Image and mask are of the seed.
        double[] Known(ulong seed) => [.. Enumerable.Range(0, Shape.Elements).Select(i => Math.Sin(i + (double)seed))];
        double[] Mask(ulong seed) => [.. Enumerable.Range(0, 6).Select(i => (((ulong)i + seed) % 3 / 2.0))];
        var plan = RepaintPlan.Create(Levels(4), new DdimOptions { Eta = 0.5 }, new JumpSchedule(1, 2));
        SampledImages Run(params ulong[] these) => Sampler.Run(
            new FakeDenoiser(3, Model), plan, Request(new Inpainting([.. these.SelectMany(Known)], [.. these.SelectMany(Mask)]), these) with { BatchSize = batch });

        var together = Run(seeds);
        for (var i = 0; i < seeds.Length; i++)
        {
            Assert.Equal(Run(seeds[i]).Values, together.Image(i).ToArray());
        }
    }, iter: 20);

    [Fact]
    public void A_jump_that_never_fits_is_told()
    {
        SamplingPlan Plan(int length, int resamples) => RepaintPlan.Create(Levels(8), new DdimOptions(), new JumpSchedule(length, resamples));

        Assert.Equal(8, Plan(8, 3).NetworkCalls);
        Assert.Contains("does not fit into 8 steps", Assert.Single(Plan(8, 3).Notes), StringComparison.Ordinal);
        Assert.Empty(Plan(8, 1).Notes);
        Assert.Empty(Plan(7, 3).Notes);
    }

    private static SamplerRequest Request(Inpainting inpainting, params ulong[] seeds) =>
        new() { Shape = Shape, Count = seeds.Length, Noise = NoiseSource.FromSeeds(seeds), Inpainting = inpainting };
}
