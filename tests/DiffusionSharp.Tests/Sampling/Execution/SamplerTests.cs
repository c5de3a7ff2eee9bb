using CsCheck;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Execution;

public class SamplerTests
{
    private static readonly ImageShape Shape = new(3, 3, 5);
    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear();

    private static float Model(float x, double t) => (float)((0.3 * Math.Sin((3 * x) + (t / 250))) + (0.1 * x));

    private static FakeDenoiser Network() => new(3, Model);

    private static SamplingPlan Plan(int steps, Eta eta = default, X0Treatment? treatment = null) =>
        DdimPlan.Create(Linear, Timesteps.Uniform(1000, steps), new DdimOptions { Eta = eta, X0Treatment = treatment ?? X0Treatment.None });

    private static SamplerRequest Request(params ulong[] seeds) =>
        new() { Shape = Shape, Count = seeds.Length, Noise = NoiseSource.FromSeeds(seeds) };

    [Fact]
    public void An_image_is_the_same_in_any_batch_and_at_any_place() =>
        Gen.Select(Gen.ULong[0, 50].Array[1, 9], Gen.Int[1, 10], Gen.OneOf(Eta.FromDouble(0), Eta.FromDouble(1), Eta.Hat), Gen.OneOf(
            X0Treatment.None, X0Treatment.Clip(), X0Treatment.DynamicThreshold())).Sample((seeds, batch, eta, treatment) =>
            {
                var plan = Plan(4, eta, treatment);
                var together = Sampler.Run(Network(), plan, Request(seeds) with { BatchSize = batch });
                for (var i = 0; i < seeds.Length; i++)
                {
                    Assert.Equal(Sampler.Run(Network(), plan, Request(seeds[i])).Values, together.Image(i).ToArray());
                }
            }, iter: 50);

    [Fact]
    public void The_loop_is_the_formula()
    {
        var plan = Plan(5, 0.7, X0Treatment.Clip(0.8));
        var noise = NoiseSource.FromSeeds([3]);
        var x = new double[Shape.Elements];
        var z = new double[Shape.Elements];
        noise.Fill(0, NoiseSource.InitialStep, x);
        for (var k = 0; k < plan.Steps.Count; k++)
        {
            noise.Fill(0, k, z);
            var (from, to) = (plan.Steps[k].AlphaBarFrom, plan.Steps[k].AlphaBarTo);
            var sigma = 0.7 * Math.Sqrt((1 - to) / (1 - from)) * Math.Sqrt(1 - (from / to));
            for (var i = 0; i < x.Length; i++)
            {
                var m = Model((float)x[i], plan.Steps[k].Timestep!.Value);
                var x0 = Math.Clamp((x[i] - (Math.Sqrt(1 - from) * m)) / Math.Sqrt(from), -0.8, 0.8);
                var epsilon = (x[i] - (Math.Sqrt(from) * x0)) / Math.Sqrt(1 - from);
                x[i] = (Math.Sqrt(to) * x0) + (Math.Sqrt(Math.Max(0, 1 - to - (sigma * sigma))) * epsilon) + (sigma * z[i]);
            }
        }

        var result = Sampler.Run(Network(), plan, Request(3));
        Assert.All(x.Zip(result.Values), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.Equal(result.Values.Select(v => (float)v), result.ToFloats());
    }

    [Fact]
    public void Progress_counts_calls_over_all_batches_and_shows_x_and_x0()
    {
        var plan = Plan(3);
        var seen = new List<(int Call, int Calls, int Step, double T, int First, int Count)>();
        var last = new List<double>();
        var told = new List<SamplerProgress>();
        var result = Sampler.Run(Network(), plan, Request(1, 2, 3, 4, 5) with
        {
            BatchSize = 2,
            Watch = step =>
            {
                var p = step.Progress;
                seen.Add((p.Call, p.Calls, p.Step, p.Timestep, p.FirstImage, p.ImageCount));
                Assert.Equal(p.ImageCount * Shape.Elements, step.X.Length);
                if (p.Step == 2)
                {
                    Assert.Equal(step.X0.ToArray(), step.X.ToArray());
                    last.AddRange(step.X);
                }
            },
        }, new SynchronousProgress<SamplerProgress>(told.Add));
        Assert.Equal(told.Select(p => (p.Call, p.Calls, p.Step, p.Timestep, p.FirstImage, p.ImageCount)), seen);
        Assert.Equal(Enumerable.Range(1, 9), seen.Select(s => s.Call));
        Assert.All(seen, s => Assert.Equal(9, s.Calls));
        Assert.Equal([(1, 9, 0, 999.0, 0, 2), (2, 9, 1, 665.0, 0, 2), (3, 9, 2, 332.0, 0, 2), (4, 9, 0, 999.0, 2, 2)], seen[..4]);
        Assert.Equal((9, 9, 2, 332.0, 4, 1), seen[^1]);
        Assert.Equal(result.Values, last);
    }

    [Fact]
    public void Labels_go_with_their_images()
    {
        var network = Network();
        Sampler.Run(network, Plan(1), Request(1, 2, 3) with { Labels = [7, 8, 9], BatchSize = 2 });
        Assert.Equal([[7, 8], [9]], network.Labels);
        Assert.Equal([2, 1], network.Counts);
    }

    [Fact]
    public void Learned_variance_channels_are_left_alone()
    {
        var plan = Plan(4, 1);
        Assert.Equal(
            Sampler.Run(Network(), plan, Request(1, 2)).Values,
            Sampler.Run(new FakeDenoiser(6, Model), plan, Request(1, 2)).Values);
    }

    [Fact]
    public void No_noise_is_drawn_where_sigma_is_0()
    {
        var none = NoiseSource.Recorded([], 0, 1, Shape);
        var start = new double[Shape.Elements];
        var request = new SamplerRequest { Shape = Shape, Count = 1, Noise = none, InitialX = start };
        Assert.Equal(Shape.Elements, Sampler.Run(Network(), Plan(5), request).Values.Length);
        var error = Assert.Throws<DiffusionException>(() => Sampler.Run(Network(), Plan(5, 1), request));
        Assert.Contains("step 0 of 5 needs noise, the recording has 0 steps", error.Message);
    }

    [Fact]
    public void Recorded_noise_gives_the_images_of_its_seeds()
    {
        var plan = Plan(4, 1);
        ulong[] seeds = [4, 6];
        var floats = new List<float>();
        for (var k = -1; k < 4; k++)
        {
            foreach (var seed in seeds)
            {
                var z = new float[Shape.Elements];
                CounterNoise.Gaussian(seed, k, z);
                floats.AddRange(z);
            }
        }

        var perStep = 2 * Shape.Elements;
        var recorded = Sampler.Run(Network(), plan, new SamplerRequest
        {
            Shape = Shape,
            Count = 2,
            Noise = NoiseSource.Recorded([.. floats[perStep..]], 4, 2, Shape),
            InitialX = [.. floats[..perStep].Select(v => (double)v)],
        });
        var seeded = Sampler.Run(Network(), plan, Request(seeds));
        Assert.All(recorded.Values.Zip(seeded.Values), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void The_initial_scale_multiplies_x_T_and_a_step_without_a_call_adds_noise()
    {
        SamplingStep[] steps = [new() { AlphaBarFrom = 0.1, AlphaBarTo = 0.1, X = 0.5, Sigma = 2 }];
        var plan = new SamplingPlan("noise", 1000, PredictionType.Epsilon, X0Treatment.None, steps, initialScale: 4);
        var network = Network();
        var result = Sampler.Run(network, plan, Request(8));
        var xT = new double[Shape.Elements];
        var z = new double[Shape.Elements];
        CounterNoise.Gaussian(8, -1, xT);
        CounterNoise.Gaussian(8, 0, z);
        Assert.Equal(0, plan.NetworkCalls);
        Assert.Empty(network.Timesteps);
        Assert.Equal(xT.Zip(z, (a, b) => (a * 4 * 0.5) + (2 * b)), result.Values);
    }

    [Fact]
    public void A_network_that_returns_NaN_stops_the_run()
    {
        foreach (var bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            for (var place = 0; place < 45; place += 11)
            {
                var at = 0;
                var network = new FakeDenoiser(3, (x, t) => t < 500 && at++ % 45 == place ? bad : x);
                var error = Assert.Throws<DiffusionException>(() => Sampler.Run(network, Plan(3), Request(1)));
                Assert.Equal(ErrorKind.NonFinite, error.Kind);
                Assert.StartsWith("step 2 (t = 332): the network returned NaN or infinity for image 0", error.Message);
            }
        }
    }

    [Fact]
    public void Cancelling_stops_before_the_next_call()
    {
        using var source = new CancellationTokenSource();
        var network = Network();
        var progress = new SynchronousProgress<SamplerProgress>(p =>
        {
            if (p.Call == 2)
            {
                source.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() => Sampler.Run(network, Plan(10), Request(1), progress, source.Token));
        Assert.Equal(2, network.Timesteps.Count);
    }

    [Fact]
    public void Contradictions_are_refused_before_the_first_call()
    {
        void Refused(string message, SamplerRequest request, int channels = 3)
        {
            var network = new FakeDenoiser(channels, Model);
            var error = Assert.Throws<DiffusionException>(() => Sampler.Run(network, Plan(2), request));
            Assert.Equal(ErrorKind.Configuration, error.Kind);
            Assert.Contains(message, error.Message);
            Assert.Empty(network.Timesteps);
        }

        Refused("2 images were asked for, the noise source has 1", Request(1) with { Count = 2 });
        Refused("0 images in batches of 16", Request());
        Refused("1 images in batches of 0", Request(1) with { BatchSize = 0 });
        Refused("1 labels for 2 images", Request(1, 2) with { Labels = [1] });
        Refused("the initial x has 3 values, expected [1, 3×3×5] = 45", Request(1) with { InitialX = new double[3] });
        Refused("recorded noise holds no x_T", Request(1) with { Noise = NoiseSource.Recorded([], 0, 1, Shape) });
        Refused("the image shape is 3×0×5", Request(1) with { Shape = new ImageShape(3, 0, 5) });
        Refused("the network returns 4 channels for images of 3", Request(1), channels: 4);
    }
}
