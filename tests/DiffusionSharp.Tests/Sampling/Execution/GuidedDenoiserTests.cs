using CsCheck;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Execution;

/// <summary>Guidance against its formula, and against distributions whose guided chain is known in closed form.</summary>
public class GuidedDenoiserTests
{
    private const int NullClass = 2;
    private static readonly NoiseSchedule Schedule = NoiseSchedule.Linear();
    private static readonly ImageShape Shape = new(1, 1, 3);

    [Fact]
    public void It_is_the_line_through_both_predictions() =>
        Gen.Select(Gen.Float[-3, 3].Array[6], Gen.Double[-2, 12], Gen.Int[0, 1].Array[2]).Sample((x, guidance, labels) =>
        {
            var actual = Predict(new GuidedDenoiser(new Labelled(Wave), guidance, NullClass), x, labels);
            for (var i = 0; i < x.Length; i++)
            {
                double none = Wave(x[i], 500, NullClass), label = Wave(x[i], 500, labels[i / 3]);
                Assert.Equal((float)(none + (guidance * (label - none))), actual[i], 1e-6f * (1 + Math.Abs((float)guidance)));
            }
        });

    [Fact]
    public void Guidance_1_is_the_labelled_network_bit_for_bit_in_one_call()
    {
        var network = new Labelled(Wave);
        float[] x = [0.1f, -2, 3, 0.7f, 1e-20f, 5];
        Assert.Equal(Predict(new Labelled(Wave), x, [1, 0]), Predict(new GuidedDenoiser(network, 1, NullClass), x, [1, 0]));
        Assert.Equal([[1, 0]], network.Asked);
    }

    [Fact]
    public void Guidance_0_asks_without_labels_in_one_call()
    {
        var network = new Labelled(Wave);
        float[] x = [0.1f, -2, 3, 0.7f, 0, 5];
        Assert.Equal(Predict(new Labelled(Wave), x, [NullClass, NullClass]), Predict(new GuidedDenoiser(network, 0, NullClass), x, []));
        Assert.Equal([[NullClass, NullClass]], network.Asked);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(0.5, 2)]
    [InlineData(-1, 2)]
    [InlineData(7.5, 2)]
    public void The_calls_are_those_it_says(double guidance, int calls)
    {
        var network = new Labelled(Wave);
        Predict(new GuidedDenoiser(network, guidance, NullClass), [1, 2, 3], [0]);
        Assert.Equal((calls, calls), (network.Asked.Count, GuidedDenoiser.NetworkCalls(guidance)));
    }

    // Data N(μ, 1) of each class and N(μ_null, 1) of all: the exact ε is affine in μ, so guidance is sampling N(μ_null + W(μ - μ_null), 1).
    [Fact]
    public void Guided_Gaussians_are_Gaussians_around_the_guided_mean()
    {
        double[] means = [-1, 0.5, 0.25];
        double Epsilon(double x, double t, double mean) => Math.Sqrt(1 - AlphaBar(t)) * (x - (Math.Sqrt(AlphaBar(t)) * mean));
        Gen.Select(Gen.Double[-1, 8], Gen.Int[0, 1], Gen.Double[0, 1], Gen.Int[1, 12]).Sample(
            (guidance, label, eta, steps) =>
            {
                var network = new Labelled((x, t, l) => (float)Epsilon(x, t, means[l]));
                var mean = means[2] + (guidance * (means[label] - means[2]));
                var around = new Labelled((x, t, _) => (float)Epsilon(x, t, mean));
                var plan = DdimPlan.Create(Schedule, Timesteps.Uniform(1000, steps), new DdimOptions { Eta = eta });
                var guided = Sample(new GuidedDenoiser(network, guidance, NullClass), plan, label);
                var expected = Sample(around, plan, label);
                var rounding = 1e-6 * (1 + Math.Abs(guidance)) / Math.Sqrt(AlphaBar(999));
                Assert.All(expected.Zip(guided), p => Assert.Equal(p.First, p.Second, rounding));
            },
            iter: 60);
    }

    // W and 1 - W add up to 1, so an ε-network and the x0-network that says the same are guided alike.
    [Fact]
    public void It_does_not_matter_what_is_predicted()
    {
        float X0(float x, double t, int label) => (float)((0.5 * x) + (0.2 * label) + Math.Sin(t));
        float Epsilon(float x, double t, int label) => (float)((x - (Math.Sqrt(AlphaBar(t)) * X0(x, t, label))) / Math.Sqrt(1 - AlphaBar(t)));
        var tau = Timesteps.Custom(1000, 700, 400, 100);
        double[] Run(Func<float, double, int, float> f, PredictionType type) => Sample(
            new GuidedDenoiser(new Labelled(f), 3, NullClass), DdimPlan.Create(Schedule, tau, new DdimOptions { PredictionType = type }), 1);

        double[] a = Run(X0, PredictionType.Sample), b = Run(Epsilon, PredictionType.Epsilon);
        Assert.All(a.Zip(b), p => Assert.Equal(p.First, p.Second, 1e-4));
    }

    [Fact]
    public void A_learned_variance_stays_the_label_s()
    {
        var prediction = new float[2 * 2 * 3];
        var network = new Labelled(Wave) { OutputChannels = 2 };
        var input = new DenoiserInput { Count = 2, Shape = Shape, X = new float[6], Timesteps = [500, 500], Labels = [0, 1] };
        new GuidedDenoiser(network, 4, NullClass).Predict(input, prediction);
        double none = Wave(0, 500, NullClass);
        for (var n = 0; n < 2; n++)
        {
            Assert.Equal(none + (4 * (Wave(0, 500, n) - none)), prediction[6 * n], 1e-5);
            Assert.Equal(100 + n, prediction[(6 * n) + 3]);
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_no_number_is_refused(double guidance) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new GuidedDenoiser(new Labelled(Wave), guidance, NullClass));

    private static float Wave(float x, double t, int label) => (float)Math.Sin(x + (0.01 * t) + label);

    private static double AlphaBar(double t) => Schedule.AlphaBar((int)t);

    private static float[] Predict(IDenoiser denoiser, float[] x, int[] labels)
    {
        var (prediction, count) = (new float[x.Length], x.Length / Shape.Elements);
        denoiser.Predict(new DenoiserInput { Count = count, Shape = Shape, X = x, Timesteps = Enumerable.Repeat(500.0, count).ToArray(), Labels = labels }, prediction);
        return prediction;
    }

    private static double[] Sample(IDenoiser denoiser, SamplingPlan plan, int label) => Sampler.Run(denoiser, plan, new SamplerRequest
    {
        Shape = Shape,
        Count = 2,
        Noise = NoiseSource.FromSeeds([4, 5]),
        Labels = [label, label],
    }).Values;

    /// <summary>A function of (x, t, label); a second channel, if there is one, is 100 + label. Records the labels it was asked for.</summary>
    private sealed class Labelled(Func<float, double, int, float> f) : IDenoiser
    {
        public int OutputChannels { get; init; } = 1;

        public List<int[]> Asked { get; } = [];

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            Asked.Add(input.Labels.ToArray());
            var (elements, stride) = (input.Shape.Elements, input.Shape.Elements * OutputChannels);
            for (var i = 0; i < prediction.Length; i++)
            {
                var (n, k) = (i / stride, i % stride);
                prediction[i] = k < elements ? f(input.X[(n * elements) + k], input.Timesteps[n], input.Labels[n]) : 100 + input.Labels[n];
            }
        }
    }
}
