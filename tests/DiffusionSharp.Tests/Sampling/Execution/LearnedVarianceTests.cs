using CsCheck;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Schedules;

namespace DiffusionSharp.Tests.Sampling.Execution;

/// <summary>η = learned against the formulas of improved- and guided-diffusion, written out from their own tables.</summary>
public class LearnedVarianceTests
{
    private static readonly ImageShape Shape = new(2, 3, 3);

    private static readonly Gen<(NoiseSchedule Schedule, int[] Tau)> AnyTau = NoiseScheduleTests.Any.SelectMany(schedule =>
        Gen.Int[0, schedule.T - 1].HashSet[1, Math.Min(schedule.T, 12)]
            .Select(set => (schedule, set.OrderDescending().ToArray())))
        .Where(p => p.schedule.AlphaBar(p.Item2[0]) > 1e-9);

    private static SamplerRequest Request => new() { Shape = Shape, Count = 3, BatchSize = 2, Noise = NoiseSource.FromSeeds([1, 2, 3]) };

    // The mean of p_sample is the posterior's at the clipped x0, the variance lies between log β̃ (whose first entry is that of the
    // second, which no noise ever sees) and log β; no noise into the clean image.
    [Fact]
    public void Every_step_is_that_of_the_reference() => Gen.Select(AnyTau, Gen.Bool).Sample((p, clips) =>
    {
        var (schedule, tau) = p;
        var n = tau.Length;
        var alphaBar = Enumerable.Range(0, n).Select(i => schedule.AlphaBar(tau[n - 1 - i])).ToArray();
        var previous = alphaBar.Prepend(1).Take(n).ToArray();
        var beta = alphaBar.Zip(previous, (a, b) => 1 - (a / b)).ToArray();
        var posterior = Enumerable.Range(0, n).Select(i => beta[i] * (1 - previous[i]) / (1 - alphaBar[i])).ToArray();
        double[] logPosterior = [Math.Log(n > 1 ? posterior[1] : 1), .. posterior.Skip(1).Select(v => Math.Log(v))];

        var request = Request with { Count = 1, Noise = NoiseSource.FromSeeds([7]) };
        double[] x = new double[Shape.Elements], z = new double[x.Length];
        request.Noise.Fill(0, NoiseSource.InitialStep, x);
        var plan = DdimPlan.Create(schedule, Timesteps.Custom(schedule.T, [.. tau]), new DdimOptions
        {
            Eta = Eta.Learned,
            X0Treatment = clips ? X0Treatment.Clip() : X0Treatment.Clip(1e300),
        });
        Sampler.Run(new Network(Epsilon, Variance), plan, request with
        {
            Watch = step =>
            {
                var progress = step.Progress;
                var i = n - progress.Call;
                request.Noise.Fill(0, progress.Step, z);
                for (var e = 0; e < x.Length; e++)
                {
                    float m = Epsilon((float)x[e], tau[n - 1 - i]), v = Variance((float)x[e], tau[n - 1 - i]);
                    var x0 = (x[e] / Math.Sqrt(alphaBar[i])) - (Math.Sqrt((1 / alphaBar[i]) - 1) * m);
                    x0 = clips ? Math.Clamp(x0, -1, 1) : x0;
                    var mean = (beta[i] * Math.Sqrt(previous[i]) / (1 - alphaBar[i]) * x0)
                        + ((1 - previous[i]) * Math.Sqrt(1 - beta[i]) / (1 - alphaBar[i]) * x[e]);
                    var fraction = (v + 1.0) / 2;
                    var logVariance = (fraction * Math.Log(beta[i])) + ((1 - fraction) * logPosterior[i]);
                    var expected = mean + (i == 0 ? 0 : Math.Exp(0.5 * logVariance) * z[e]);
                    Assert.Equal(expected, step.X[e], 1e-11 * Math.Max(1, Math.Abs(x[e]) + Math.Abs(x0)));
                }

                step.X.CopyTo(x);
            },
        });
    }, iter: 60);

    [Fact]
    public void Minus_1_is_eta_1_to_the_bit_and_1_is_hat() => AnyTau.Sample(p =>
    {
        var (schedule, tau) = p;
        Assert.Equal(Run(1, -1), Run(Eta.Learned, -1));
        var (hat, learned) = (Run(Eta.Hat, 1), Run(Eta.Learned, 1));
        var scale = Math.Max(1, hat.Max(Math.Abs));
        Assert.All(hat.Zip(learned), v => Assert.Equal(v.First, v.Second, 1e-12 * scale));

        // A network that does not look at x, so that float32 cannot tell the two apart.
        double[] Run(Eta eta, float v) => Sampler.Run(
            new Network((_, t) => MathF.Sin((float)t), (_, _) => v),
            DdimPlan.Create(schedule, Timesteps.Custom(schedule.T, [.. tau]), new DdimOptions { Eta = eta }),
            Request).Values;
    }, iter: 60);

    // Data from N(0, c²), whose posterior has a known variance: with the right v every marginal has the variance ᾱ·c² + 1-ᾱ, exactly.
    [Fact]
    public void The_marginal_is_kept_where_v_is_right() => Gen.Select(AnyTau, Gen.Double[0.05, 0.95]).Where((p, _) => p.Tau.Length > 1).Sample((p, c) =>
    {
        double from = p.Schedule.AlphaBar(p.Tau[0]), to = p.Schedule.AlphaBar(p.Tau[1]);
        var step = DdimPlan.Step(p.Tau[0], from, to, new DdimOptions { Eta = Eta.Learned, PredictionType = PredictionType.Sample });
        double Marginal(double alphaBar) => (alphaBar * c * c) + 1 - alphaBar;
        var slope = Math.Sqrt(from) * c * c / Marginal(from);
        var remaining = c * c * (1 - from) / Marginal(from);
        var beta = 1 - (from / to);
        var variance = (step.Sigma * step.Sigma) + (Math.Pow(Math.Sqrt(to) * beta / (1 - from), 2) * remaining);
        var f = Math.Log(variance / (step.Sigma * step.Sigma)) / Math.Log(step.UpperSigma * step.UpperSigma / (step.Sigma * step.Sigma));
        Assert.InRange(f, -1e-9, 1 + 1e-9);

        var sigma = new double[1];
        Assert.True(StepArithmetic.AddLearned(step, [(2 * f) - 1], [1], [], sigma));
        var next = step.X + (step.M * slope) + (step.X0 * ((step.X0FromM * slope) + step.X0FromX));
        Assert.Equal(Marginal(to), (next * next * Marginal(from)) + (sigma[0] * sigma[0]), 1e-9);
    });

    [Fact]
    public void A_network_without_a_variance_is_refused()
    {
        var plan = DdimPlan.Create(NoiseSchedule.Linear(), Timesteps.Uniform(1000, 4), new DdimOptions { Eta = Eta.Learned });
        var e = Assert.Throws<DiffusionException>(() => Sampler.Run(new FakeDenoiser(2, (x, _) => x), plan, Request));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.Contains("returns 2 channels for images of 2, not 4: use eta 1", e.Message);
    }

    [Theory]
    [InlineData(float.NaN, "NaN or infinity for image 0")]
    [InlineData(3e38f, "variance for image 0 is infinite (v up to 3E+38")]
    public void A_variance_that_is_no_number_is_refused(float v, string words)
    {
        var plan = DdimPlan.Create(NoiseSchedule.Linear(), Timesteps.Uniform(1000, 4), new DdimOptions { Eta = Eta.Learned });
        var e = Assert.Throws<DiffusionException>(() => Sampler.Run(new Network((x, _) => x, (_, _) => v), plan, Request));
        Assert.Equal(ErrorKind.NonFinite, e.Kind);
        Assert.Contains(words, e.Message);
    }

    [Fact]
    public void Other_solvers_and_direct_variances_refuse_it()
    {
        foreach (var solver in Enum.GetValues<Solver>().Where(s => s != Solver.Ddim))
        {
            var e = Assert.Throws<DiffusionException>(() => DiffusionModel.Plan(new SchedulerConfig(), new SampleOptions { Solver = solver, Eta = Eta.Learned }));
            Assert.Contains($"eta learned: the solver {SolverRow.Get(solver).Name} has no eta", e.Message);
        }

        var direct = new SchedulerConfig { ClassName = "DDPMScheduler", VarianceType = "learned" };
        DiffusionModel.Plan(direct, new SampleOptions { Eta = 1 });
        var refused = Assert.Throws<DiffusionException>(() => DiffusionModel.Plan(direct, new SampleOptions { Eta = Eta.Learned }));
        Assert.Contains("variance_type is 'learned'", refused.Message);
        Assert.True(DiffusionModel.Plan(direct with { VarianceType = "learned_range" }, new SampleOptions { Eta = Eta.Learned }).ReadsVariance);
    }

    private static float Epsilon(float x, double t) => MathF.Sin((2 * x) + (float)t);

    // The reference does not clamp v, so neither does the test.
    private static float Variance(float x, double t) => 1.5f * MathF.Cos(x + (float)t);

    private sealed class Network(Func<float, double, float> epsilon, Func<float, double, float> variance) : IDenoiser
    {
        public int OutputChannels => 2 * Shape.Channels;

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            var n = Shape.Elements;
            for (var i = 0; i < input.X.Length; i++)
            {
                var at = (i / n * 2 * n) + (i % n);
                prediction[at] = epsilon(input.X[i], input.Timesteps[i / n]);
                prediction[at + n] = variance(input.X[i], input.Timesteps[i / n]);
            }
        }
    }
}
