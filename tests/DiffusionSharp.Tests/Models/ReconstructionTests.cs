using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using DiffusionSharp.Tests.Sampling;

namespace DiffusionSharp.Tests.Models;

/// <summary>
/// Data x0 ~ N(0, c²): the best network is linear in x, and so is every step. A step up from level s multiplies x by Up(s, t), a step down by
/// Down(t, s), and what comes back of an image is the image times the product of all of them.
/// </summary>
public sealed class ReconstructionTests : IDisposable
{
    private const double C = 0.5;

    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear();
    private static readonly double[] Images = [.. Enumerable.Range(0, 5 * 12).Select(i => Math.Sin(i))];

    private readonly TemporaryFolder folder = new();
    private readonly FakeDenoiser network = new(3, (x, t) => (float)(Slope((int)t) * x));
    private readonly DiffusionModel model;

    public ReconstructionTests()
    {
        var unet = UNetConfig.Ddpm(new ImageShape(3, 2, 2), 4, [1], 1, []) with { NormNumGroups = 2 };
        ModelFolder.Save(folder["model"], unet, new SchedulerConfig(), Initializer.Create(UNet.Build(unet), seed: 0));
        model = DiffusionModel.Load(folder["model"], (_, _) => network);
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(InversionLevel.Target)]
    [InlineData(InversionLevel.Current)]
    public void The_error_is_the_closed_form_at_every_S(InversionLevel level)
    {
        var square = Images.Average(x => x * x);
        foreach (var steps in new[] { 1, 2, 10, 50, 250, 1000 })
        {
            var found = model.Reconstruct(Images, new SampleOptions { Steps = steps, Spacing = TimestepSpacing.Uniform, BatchSize = 2 }, level);

            // (x + 1)/2 halves a difference, and so quarters its square.
            var lost = 1 - Returned(Timesteps.Uniform(1000, steps), level);
            var expected = lost * lost * square / 4;
            Assert.Equal(expected, found.MeanSquaredError, (1e-3 * expected) + 1e-9);
            Assert.Equal(10 * Math.Log10(1 / found.MeanSquaredError), found.Psnr, 1e-9);
            Assert.Equal(2 * steps, found.NetworkCalls);
        }
    }

    [Theory]
    [InlineData(InversionLevel.Target)]
    [InlineData(InversionLevel.Current)]
    public void The_error_falls_with_S(InversionLevel level)
    {
        double[] errors = [.. new[] { 10, 20, 50, 100, 200, 500, 1000 }
            .Select(s => model.Reconstruct(Images, new SampleOptions { Steps = s }, level).MeanSquaredError)];

        Assert.All(errors.Zip(errors.Skip(1)), p => Assert.True(p.Second < p.First / 2, $"the errors are {string.Join(", ", errors)}"));
    }

    // What is left is the fixed point's tolerance, 1e-4, once per step.
    [Theory]
    [InlineData(10)]
    [InlineData(40)]
    public void Refined_comes_back_where_the_others_do_not(int steps)
    {
        var options = new SampleOptions { Steps = steps, BatchSize = 2 };
        var refined = model.Reconstruct(Images, options, InversionLevel.Refined);

        Assert.InRange(refined.MeanSquaredError, 0, 1e-8 * steps);
        Assert.Equal(refined.Images.Values, model.Reconstruct(Images, options with { Only = [0] }, InversionLevel.Refined).Images.Values);
        Assert.True(refined.MeanSquaredError < model.Reconstruct(Images, options, InversionLevel.Target).MeanSquaredError / 1000);
        Assert.True(refined.MeanSquaredError < model.Reconstruct(Images, options, InversionLevel.Current).MeanSquaredError / 1000);
        Assert.InRange(refined.NetworkCalls, 3 * steps, 21 * steps);
    }

    [Fact]
    public void Calls_are_counted_per_image()
    {
        var found = model.Reconstruct(Images, new SampleOptions { Steps = 10, BatchSize = 2 }, InversionLevel.Refined);
        Assert.Equal(network.Counts.Sum() / 5.0, found.NetworkCalls, 1e-12);
    }

    [Fact]
    public void Encoding_and_decoding_share_tau_and_nothing_is_clipped_or_random()
    {
        var options = new SampleOptions
        {
            Timesteps = [900, 400, 30],
            Solver = Solver.Heun,
            Eta = 1,
            Seeds = [3],
            X0Treatment = X0Treatment.Clip(0.1),
            Edit = new EditOptions { Images = Images, Strength = 0 },
        };
        var found = model.Reconstruct(Images, options);

        Assert.Equal([30.0, 400, 900, 900, 400, 30], network.Timesteps);
        var factor = Returned(Timesteps.Custom(1000, 900, 400, 30), InversionLevel.Target);
        Assert.All(Images.Zip(found.Images.Values), p => Assert.Equal(p.First * factor, p.Second, 1e-5));
        Assert.True(model.Plan(new SampleOptions()).X0Treatment.Kind == X0TreatmentKind.Clip, "the model itself clips");
    }

    [Fact]
    public void Progress_is_told_of_both_ways_and_can_stop()
    {
        using var stop = new CancellationTokenSource();
        List<int> calls = [];
        var options = new SampleOptions { Steps = 4 };
        model.Reconstruct(Images, options, progress: new SynchronousProgress<SamplerProgress>(p => calls.Add(p.Call)));
        Assert.Equal([1, 2, 3, 4, 1, 2, 3, 4], calls);

        var stopping = new SynchronousProgress<SamplerProgress>(_ => stop.Cancel());
        Assert.Throws<OperationCanceledException>(() => model.Reconstruct(Images, options, progress: stopping, cancellationToken: stop.Token));
        Assert.Throws<DiffusionException>(() => model.Reconstruct([], new SampleOptions()));
        Assert.Throws<DiffusionException>(() => model.Reconstruct(Images[1..], new SampleOptions()));
    }

    private static double Variance(int t) => (Linear.AlphaBar(t) * C * C) + 1 - Linear.AlphaBar(t);

    /// <summary>E[ε | x_t] = x·√(1-ᾱ)/(ᾱ·c² + 1-ᾱ).</summary>
    private static double Slope(int t) => Math.Sqrt(1 - Linear.AlphaBar(t)) / Variance(t);

    private static double Returned(Timesteps tau, InversionLevel level)
    {
        var factor = 1.0;
        for (var k = 0; k < tau.Count; k++)
        {
            int t = tau[k], s = k + 1 < tau.Count ? tau[k + 1] : -1;
            factor *= Move(t, s, t) * Move(s, t, level == InversionLevel.Target ? t : Math.Max(s, 0));
        }

        return factor;
    }

    /// <summary>x_to/x_from of a step by the network at t: √ᾱ_to·x0 + √(1-ᾱ_to)·ε.</summary>
    private static double Move(int from, int to, int t)
    {
        double a = Linear.AlphaBar(from), b = Linear.AlphaBar(to), epsilon = Slope(t);
        return (Math.Sqrt(b) * (1 - (Math.Sqrt(1 - a) * epsilon)) / Math.Sqrt(a)) + (Math.Sqrt(1 - b) * epsilon);
    }
}
