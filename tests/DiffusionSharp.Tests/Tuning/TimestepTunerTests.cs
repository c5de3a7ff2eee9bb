using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using DiffusionSharp.Tests.Sampling;
using DiffusionSharp.Tuning;

namespace DiffusionSharp.Tests.Tuning;

public sealed class TimestepTunerTests : IDisposable
{
    private const int T = 20;
    private const double Deviation = 0.3;
    private static readonly NoiseSchedule Schedule = NoiseSchedule.Linear(T, 0.005, 0.6);
    private readonly TemporaryFolder folder = new();
    private readonly FakeDenoiser network = new(3, (x, t) => (float)(Math.Sqrt(1 - Schedule.AlphaBar((int)t)) * x / Variance(Schedule.AlphaBar((int)t))));
    private readonly DiffusionModel model;

    public TimestepTunerTests()
    {
        var unet = UNetConfig.Ddpm(new ImageShape(3, 8, 8), 4, [1], 1, []) with { NormNumGroups = 2 };
        var scheduler = SchedulerConfig.FromSchedule(Schedule, PredictionType.Epsilon) with { ClipSample = false };
        ModelFolder.Save(folder["model"], unet, scheduler, Initializer.Create(UNet.Build(unet), seed: 1));
        model = DiffusionModel.Load(folder["model"], (_, _) => network);
    }

    public void Dispose()
    {
        model.Dispose();
        folder.Dispose();
    }

    // Gaussian images of standard deviation s: the best prediction of the noise is √(1-ᾱ)·x/(ᾱs²+1-ᾱ), every step multiplies x by a
    // number, and so every error is known without measuring.
    [Fact]
    public void On_Gaussian_images_the_best_of_all_lists_is_found()
    {
        var tuner = Tuner(count: 6, tuning: 4);
        var probes = Enumerable.Range(1, 9).Select(m => (Level: 2 * m, Factor: Ratio([.. Enumerable.Range(2 * m, T - (2 * m))])))
            .Append((Level: T, Factor: 1)).ToArray();
        for (var steps = 1; steps <= 4; steps++)
        {
            var best = LeastCostPathTests.Subsets(T, steps).MinBy(Expected)!;
            var found = tuner.Find(steps);

            Assert.Equal(Expected(best), Expected(Levels(found)), 1e-6);
            Assert.Equal(Expected(best) * MeanSquare(4) / 4, tuner.ExpectedError(found), 1e-6);
            Assert.Equal(Square(Ratio(Levels(found)) - Ratio([.. Enumerable.Range(0, T)])) * MeanSquare(2, skip: 4) / 4, tuner.MeasuredError(found), 1e-6);
        }

        // Sum of the squares of the steps' errors for x_T = 1, each grown as measured.
        double Expected(int[] levels) => Square(Growth(levels[0]) * (1 - Reached(levels[0])))
            + levels.Append(T).Skip(1).Zip(levels, (to, from) => Square(Growth(to) * ((Reached(from) * Step(from, to)) - Reached(to)))).Sum();

        double Growth(int level)
        {
            var above = Array.FindIndex(probes, p => p.Level >= level);
            return above == 0 || level % 2 == 0 ? probes[above].Factor : (probes[above - 1].Factor + probes[above].Factor) / 2;
        }
    }

    [Fact]
    public void What_is_found_ends_nearer_than_the_papers_rules()
    {
        var tuner = Tuner(count: 3, tuning: 2);
        for (var steps = 1; steps <= 8; steps++)
        {
            var tuned = tuner.MeasuredError(tuner.Find(steps));
            Assert.InRange(tuned, 0, tuner.MeasuredError(Timesteps.Uniform(T, steps)));
            Assert.InRange(tuned, 0, tuner.MeasuredError(Timesteps.Quadratic(T, steps)));
        }

        Assert.Equal(0, tuner.MeasuredError(tuner.Find(T)));
        Assert.Equal(Timesteps.Uniform(T, T), tuner.Find(T));
        Assert.Equal(ErrorKind.Usage, Assert.Throws<DiffusionException>(() => tuner.Find(T + 1)).Kind);
        Assert.Equal(ErrorKind.Usage, Assert.Throws<DiffusionException>(() => tuner.Find(0)).Kind);
    }

    [Theory]
    [InlineData(7, 4, 3, 250)]
    [InlineData(3, 2, 16, 10)]
    [InlineData(2, 1, 1, 1)]
    public void Calls_are_counted_exactly(int count, int tuning, int batch, int reference)
    {
        Tuner(count, tuning, batch, reference);

        Assert.Equal(TimestepTuner.NetworkCalls(T, count, tuning, batch, reference), network.Counts.Count);
    }

    [Fact]
    public void Each_latent_keeps_its_class()
    {
        using var classes = DiffusionModel.From(network, model.Shape, model.Scheduler, classCount: 10);
        TimestepTuner.Measure(classes, new SampleOptions { Seeds = [1, 2, 3], Labels = [7, 8, 9] }, tuning: 2).MeasuredError([5]);

        Assert.Equal([7, 8, 9], network.Labels[0]);
        Assert.Equal([7, 8, 7, 8], network.Labels[T]);
        Assert.Equal([9], network.Labels[^1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Some_latents_must_tune_and_some_must_check(int tuning) =>
        Assert.Throws<ArgumentException>(() => TimestepTuner.Measure(model, new SampleOptions { Seeds = [1, 2] }, tuning));

    private TimestepTuner Tuner(int count, int tuning, int batch = 16, int reference = TimestepTuner.DefaultReferenceSteps) => TimestepTuner.Measure(
        model, new SampleOptions { Seeds = [.. Enumerable.Range(0, count).Select(i => (ulong)i)], BatchSize = batch }, tuning, reference);

    private static double Variance(double alphaBar) => (alphaBar * Deviation * Deviation) + 1 - alphaBar;

    private static double AlphaBar(int level) => level == T ? 1 : Schedule.AlphaBar(T - 1 - level);

    // A DDIM step multiplies x by this: √ᾱ_to·x0 + √(1-ᾱ_to)·ε for x = 1.
    private static double Step(int from, int to)
    {
        double a = AlphaBar(from), b = AlphaBar(to), epsilon = Math.Sqrt(1 - a) / Variance(a);
        return (Math.Sqrt(b) * (1 - (Math.Sqrt(1 - a) * epsilon)) / Math.Sqrt(a)) + (Math.Sqrt(1 - b) * epsilon);
    }

    private static double Ratio(int[] levels) => levels.Append(T).Skip(1).Zip(levels, (to, from) => Step(from, to)).Aggregate(1.0, (a, b) => a * b);

    private static double Reached(int level) => Enumerable.Range(0, level).Aggregate(1.0, (x, i) => x * Step(i, i + 1));

    private static int[] Levels(Timesteps tau) => [.. tau.Select(t => T - 1 - t)];

    private static double Square(double x) => x * x;

    private static double MeanSquare(int images, int skip = 0)
    {
        var noise = DiffusionSharp.Noise.NoiseSource.FromSeeds([.. Enumerable.Range(0, skip + images).Select(i => (ulong)i)]);
        var x = new double[192];
        return Enumerable.Range(skip, images).Average(i =>
        {
            noise.Fill(i, DiffusionSharp.Noise.NoiseSource.InitialStep, x);
            return x.Average(v => v * v);
        });
    }
}
