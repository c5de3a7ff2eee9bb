using DiffusionSharp.Cpu;
using DiffusionSharp.Evaluation.Likelihood;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Evaluation.Tests.Likelihood;

/// <summary>Bits per dimension by the probability flow.</summary>
public sealed class FlowLikelihoodTests
{
    [Theory]
    [InlineData(PredictionType.Epsilon)]
    [InlineData(PredictionType.Sample)]
    [InlineData(PredictionType.VPrediction)]
    public void Of_Gaussian_images_it_is_their_density(PredictionType type)
    {
        var schedule = NoiseSchedule.Linear();
        using var model = GaussianModel.Create(schedule, type);
        var pixels = GaussianModel.Pixels(3);
        var found = FlowLikelihood.Compute(model, pixels, options: new FlowLikelihoodOptions { Seed = 7 });
        for (var i = 0; i < 3; i++)
        {
            var u = new double[48];
            CounterNoise.Uniform(7 ^ 0x5851F42D_4C957F2D, i, u);
            var wanted = u.Select((v, e) => GaussianModel.FlowBits(((pixels[(48 * i) + e] + v - 0.5) / 127.5) - 1, schedule)).Average() + Math.Log2(127.5);
            Assert.Equal(wanted, found.Total.Values[i], 3e-5);
        }

        Assert.InRange(found.CallsPerImage, 20, 2000);
    }

    [Fact]
    public void An_image_has_the_same_bits_in_any_batch_and_a_smaller_tolerance_comes_nearer()
    {
        var schedule = NoiseSchedule.Linear();
        using var model = GaussianModel.Create(schedule);
        var pixels = GaussianModel.Pixels(5);
        var together = Of(new FlowLikelihoodOptions());
        Assert.Equal(together, Of(new FlowLikelihoodOptions { BatchSize = 2 }));
        var exact = Of(new FlowLikelihoodOptions { Tolerance = 1e-8 });
        Assert.InRange(Off(together), 0, Off(Of(new FlowLikelihoodOptions { Tolerance = 1e-2 })));

        IReadOnlyList<double> Of(FlowLikelihoodOptions options) => FlowLikelihood.Compute(model, pixels, options: options).Total.Values;

        double Off(IReadOnlyList<double> bits) => bits.Zip(exact, (a, b) => Math.Abs(a - b)).Max();
    }

    [Fact]
    public void Random_probes_estimate_the_exact_trace()
    {
        // Of the unit vectors, √D long, the mean of v·vᵀ is the identity: the trace is exact.
        using var model = SmallModel();
        var d = model.Shape.Elements;
        var pixels = new byte[d];
        for (var i = 0; i < d; i++)
        {
            pixels[i] = (byte)(40 + (i * 3));
        }

        var exact = FlowLikelihood.Compute(model, pixels, null, new FlowLikelihoodOptions { Probes = d, Tolerance = 1e-3 }, (_, p, v) =>
        {
            v.Clear();
            v[p] = MathF.Sqrt(d);
        }).Total.Mean;
        double[] estimates = [.. Enumerable.Range(0, 8).Select(k => FlowLikelihood.Compute(
            model, pixels, null, new FlowLikelihoodOptions { Probes = 2, Tolerance = 1e-3 }, (_, p, v) => FlowLikelihood.Rademacher((ulong)k, p, v)).Total.Mean)];
        var error = Math.Sqrt(estimates.Sum(e => (e - estimates.Average()) * (e - estimates.Average())) / 7 / 8);
        Assert.InRange(error, 1e-7, 0.5);
        Assert.InRange(Math.Abs(estimates.Average() - exact), 0, 4 * error);
    }

    [Fact]
    public void What_does_not_fit_is_said()
    {
        using var model = GaussianModel.Create(NoiseSchedule.Linear());
        Refused(ErrorKind.Data, "found 47 levels", () => FlowLikelihood.Compute(model, new byte[47]));
        Refused(ErrorKind.Data, "at least one", () => FlowLikelihood.Compute(model, []));
        Refused(ErrorKind.Usage, "knows no classes", () => FlowLikelihood.Compute(model, new byte[48], labels: [1]));
        Refused(ErrorKind.Usage, "Probes is 0, expected at least 1; Tolerance is 2", () => FlowLikelihood.Compute(model, new byte[48], options: new() { Probes = 0, Tolerance = 2 }));
        using var zero = GaussianModel.Create(NoiseSchedule.Linear().WithZeroTerminalSnr(), PredictionType.VPrediction);
        Refused(ErrorKind.Usage, "ends without signal", () => FlowLikelihood.Compute(zero, new byte[48]));

        static void Refused(ErrorKind kind, string message, Action action)
        {
            var e = Assert.Throws<DiffusionException>(action);
            Assert.Equal(kind, e.Kind);
            Assert.Contains(message, e.Message, StringComparison.Ordinal);
        }
    }

    private static DiffusionModel SmallModel()
    {
        var unet = UNetConfig.Ddpm(new ImageShape(3, 4, 4), 8, [1], 1, []) with { NormNumGroups = 4 };
        var weights = Initializer.Create(UNet.Build(unet), 3);
        foreach (var (index, tensor) in weights.Values.Index().Where(t => t.Item.Data.All(v => v == 0)))
        {
            CounterNoise.Gaussian(2, index, tensor.Data.AsSpan());
            foreach (ref var v in tensor.Data.AsSpan())
            {
                v *= 0.1f;
            }
        }

        return DiffusionModel.From(UNet.Build(unet), p => weights[p.Name], CpuEngine.Default, SchedulerConfig.FromSchedule(NoiseSchedule.Linear()));
    }
}
