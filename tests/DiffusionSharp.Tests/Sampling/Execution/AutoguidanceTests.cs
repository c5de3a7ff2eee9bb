using CsCheck;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Execution;

/// <summary>Guidance by a weaker network, and only at some levels: against formulas, known distributions and differences.</summary>
public class AutoguidanceTests
{
    private static readonly NoiseSchedule Schedule = NoiseSchedule.Linear();
    private static readonly ImageShape Shape = new(1, 1, 3);
    private static readonly GuidanceInterval Middle = new() { FromTimestep = 300, ToTimestep = 700 };

    // Data N(μ, 1) and N(μ_weak, 1): the exact ε is affine in μ, so guidance is sampling N(μ_weak + W(μ - μ_weak), 1).
    [Fact]
    public void Gaussians_are_led_away_from_the_weaker_mean() => Gen.Select(Gen.Double[-1, 4], Gen.Double[-1, 1], Gen.Double[-1, 1], Gen.Double[0, 1]).Sample(
        (guidance, strong, weak, eta) =>
        {
            Elementwise Around(double mean) => new((x, t) => (float)(Math.Sqrt(1 - Schedule.AlphaBar((int)t)) * (x - (Math.Sqrt(Schedule.AlphaBar((int)t)) * mean))));
            var plan = DdimPlan.Create(Schedule, Timesteps.Uniform(1000, 8), new DdimOptions { Eta = eta });
            double[] guided = Sample(new GuidedDenoiser(Around(strong), Around(weak), guidance), plan), expected = Sample(Around(weak + (guidance * (strong - weak))), plan);
            Assert.All(expected.Zip(guided), p => Assert.Equal(p.First, p.Second, 1e-6 * (1 + Math.Abs(guidance)) / Math.Sqrt(Schedule.AlphaBar(999))));
        },
        iter: 40);

    [Fact]
    public void Outside_of_the_interval_the_strong_network_stands_alone()
    {
        double[] timesteps = [299.9, 300, 500, 700, 700.1];
        foreach (var t in timesteps)
        {
            var (strong, weak) = (new Elementwise(Strong), new Elementwise(Weak));
            var guided = new GuidedDenoiser(strong, weak, 3) { Interval = Middle };
            var inside = t is >= 300 and <= 700;
            float[] x = [0.1f, -2, 3], all = Predict(guided, x, [t]), alone = Predict(new Elementwise(Strong), x, [t]);
            Assert.Equal((1, inside ? 1 : 0), (strong.Calls, weak.Calls));
            Assert.Equal(inside ? 2 : 1, GuidedDenoiser.NetworkCalls(3, Middle, t));
            Assert.Equal<IEnumerable<float>>(inside ? Predict(new GuidedDenoiser(strong, weak, 3), x, [t]) : alone, all);
        }
    }

    [Fact]
    public void Each_image_of_a_batch_has_its_own_level()
    {
        float[] x = [0.1f, -2, 3, 1, 0.5f, -1, 2, 0, 0.3f];
        var guided = new GuidedDenoiser(new Elementwise(Strong), new Elementwise(Weak), 3) { Interval = Middle };
        var all = Predict(guided, x, [900, 500, 100]);
        Assert.Equal<IEnumerable<float>>(all, [.. Predict(guided, x[..3], [900]), .. Predict(guided, x[3..6], [500]), .. Predict(guided, x[6..], [100])]);
    }

    [Fact]
    public void A_plan_calls_as_often_as_it_says()
    {
        var (strong, weak) = (new Elementwise(Strong), new Elementwise(Weak));
        var plan = DdimPlan.Create(Schedule, Timesteps.Uniform(1000, 10), new DdimOptions());
        Sample(new GuidedDenoiser(strong, weak, 2) { Interval = Middle }, plan);
        Assert.Equal(strong.Calls + weak.Calls, GuidedDenoiser.NetworkCalls(2, Middle, plan));
        Assert.Equal(plan.Steps.Count(s => s.Timestep is >= 300 and <= 700), weak.Calls);
    }

    // Of each level by its own σ, whatever the ends.
    [Fact]
    public void An_interval_in_sigma_holds_the_levels_between()
    {
        foreach (var schedule in (NoiseSchedule[])[Schedule, NoiseSchedule.Cosine()])
        {
            foreach (var (low, high) in (ReadOnlySpan<(double, double)>)[(0, double.PositiveInfinity), (0.28, 2.9), (1e-3, 0.5), (5, 1e9), (0.4, 0.4009)])
            {
                var interval = GuidanceInterval.FromSigmas(schedule, low, high);
                for (var t = 0; t < schedule.T; t++)
                {
                    var sigma = Math.Sqrt((1 - schedule.AlphaBar(t)) / schedule.AlphaBar(t));
                    Assert.Equal(sigma >= low && sigma <= high, interval.Contains(t));
                }
            }
        }
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(-1, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(0, 1e-4)]
    [InlineData(1e6, 1e7)]
    public void An_interval_without_levels_is_refused(double low, double high)
    {
        var e = Assert.Throws<DiffusionException>(() => GuidanceInterval.FromSigmas(Schedule, low, high));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains("from 0.01 to 157", e.Message);
    }

    // By differences of the prediction itself, with a learned variance that has a cotangent, too.
    [Theory]
    [InlineData(0.0, 2, 2)]
    [InlineData(1.0, 2, 2)]
    [InlineData(2.5, 2, 2)]
    [InlineData(2.5, 2, 1)]
    [InlineData(0.0, 2, 1)]
    [InlineData(-0.5, 1, 2)]
    public void Derivatives_are_those_of_the_prediction(double guidance, int strongChannels, int weakChannels)
    {
        float[] x = [0.1f, -2, 0.7f, 1, 0.5f, -1, 2, 0, 0.3f];
        double[] t = [900, 500, 100];
        var guided = new GuidedDenoiser(new Elementwise(Strong) { OutputChannels = strongChannels }, new Elementwise(Weak) { OutputChannels = weakChannels }, guidance) { Interval = Middle };
        float[] u = [.. Enumerable.Range(0, 9 * strongChannels).Select(i => (float)Math.Cos(3 * i))], m = new float[u.Length], byX = new float[9];
        var byTimesteps = new double[3];
        guided.Differentiate(Input(x, t), m, (prediction, g) =>
        {
            Assert.Equal(Predict(guided, x, t), prediction.ToArray());
            u.CopyTo(g);
        }, byX, byTimesteps);
        Assert.Equal(Predict(guided, x, t), m);
        for (var i = 0; i < 9; i++)
        {
            Assert.Equal((At(i, 0.01f, 0) - At(i, -0.01f, 0)) / 0.02, byX[i], 2e-3);
        }

        for (var n = 0; n < 3; n++)
        {
            Assert.Equal((At(3 * n, 0, 2) - At(3 * n, 0, -2)) / 4, byTimesteps[n], 1e-4);
        }

        double At(int i, float dx, double dt)
        {
            float[] moved = [.. x];
            double[] level = [.. t];
            moved[i] += dx;
            level[i / 3] += dt;
            return Predict(guided, moved, level).Zip(u, (a, b) => (double)a * b).Sum();
        }
    }

    [Fact]
    public void A_network_without_derivatives_says_so()
    {
        var guided = new GuidedDenoiser(new Blind(), new Blind(), 2);
        var e = Assert.Throws<DiffusionException>(() => guided.Differentiate(Input([1, 2, 3], [5]), new float[3], (_, _) => { }, new float[3], []));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains("no derivatives", e.Message);
    }

    private static float Strong(float x, double t) => (float)Math.Sin(x + (0.01 * t));

    private static float Weak(float x, double t) => (float)Math.Cos((0.5 * x) - (0.02 * t));

    private static DenoiserInput Input(float[] x, double[] t) => new() { Count = t.Length, Shape = Shape, X = x, Timesteps = t };

    private static float[] Predict(IDenoiser denoiser, float[] x, double[] t)
    {
        var prediction = new float[x.Length * denoiser.OutputChannels];
        denoiser.Predict(Input(x, t), prediction);
        return prediction;
    }

    private static double[] Sample(IDenoiser denoiser, SamplingPlan plan) =>
        Sampler.Run(denoiser, plan, new SamplerRequest { Shape = Shape, Count = 1, Noise = NoiseSource.FromSeeds([4]) }).Values;

    private sealed class Blind : IDenoiser
    {
        public int OutputChannels => 1;

        public void Predict(DenoiserInput input, Span<float> prediction) => prediction.Clear();
    }

    /// <summary>A function of x and t; a second channel is half of it. Its derivatives are differences.</summary>
    private sealed class Elementwise(Func<float, double, float> f) : IDifferentiableDenoiser
    {
        public int OutputChannels { get; init; } = 1;

        public int Calls { get; private set; }

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            Calls++;
            Fill(input, prediction, f);
        }

        public void Differentiate(DenoiserInput input, Span<float> prediction, Cotangent cotangent, Span<float> byX, Span<double> byTimesteps)
        {
            Fill(input, prediction, f);
            float[] g = new float[prediction.Length], slopes = new float[prediction.Length];
            cotangent(prediction, g);
            byX.Clear();
            byTimesteps.Clear();
            var size = input.Shape.Elements;
            Fill(input, slopes, (x, t) => (f(x + 0.01f, t) - f(x - 0.01f, t)) / 0.02f);
            for (var i = 0; i < g.Length; i++)
            {
                byX[(i / (size * OutputChannels) * size) + (i % size)] += g[i] * slopes[i];
            }

            Fill(input, slopes, (x, t) => (f(x, t + 2) - f(x, t - 2)) / 4);
            for (var i = 0; i < g.Length; i++)
            {
                byTimesteps[i / (size * OutputChannels)] += g[i] * slopes[i];
            }
        }

        private void Fill(DenoiserInput input, Span<float> values, Func<float, double, float> of)
        {
            var size = input.Shape.Elements;
            for (var i = 0; i < values.Length; i++)
            {
                var n = i / (size * OutputChannels);
                var value = of(input.X[(n * size) + (i % size)], input.Timesteps[n]);
                values[i] = i / size % OutputChannels == 0 ? value : value / 2;
            }
        }
    }
}
