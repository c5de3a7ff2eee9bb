using CsCheck;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Plans;

/// <summary>Classifier guidance against a distribution whose conditioned chain is known in closed form.</summary>
public class GuidedPlanTests
{
    private static readonly NoiseSchedule Schedule = NoiseSchedule.Linear();
    private static readonly ImageShape Shape = new(1, 1, 3);

    // Data N(0, 1) and p(y|x0) ∝ exp(a·x0): the data under y are N(a, 1), and ln p(y|x_t) = a·√ᾱ·x_t + a constant.
    [Fact]
    public void A_guided_chain_is_the_chain_of_the_conditioned_data() =>
        Gen.Select(Gen.Enum<Solver>(), Gen.Enum<PredictionType>(), Gen.Double[-2, 2], Gen.Int[2, 9], Gen.Bool).Sample(
            (solver, type, a, steps, clips) =>
            {
                var plan = SolverPlan.Create(solver, NoiseLevels.Create(Schedule, TimestepSpacing.Uniform, steps, FinalAlphaBar.One, 0), new DdimOptions
                {
                    PredictionType = type,
                    Eta = solver == Solver.Ddim ? 0.5 : 0,
                    X0Treatment = clips ? X0Treatment.Clip(1e3) : X0Treatment.None,
                });
                var guided = Sample(Network(type, 0), GuidedPlan.Score(plan), (input, g) => Fill(g, (float)(a * Math.Sqrt(AlphaBar(input.Timesteps[0])))));
                var expected = Sample(Network(type, a), plan, null);
                Assert.All(expected.Zip(guided), p => Assert.Equal(p.First, p.Second, 2e-4));
            },
            iter: 150);

    // One step of DDPM: the mean moves by σ²·g, and nothing else changes.
    [Theory]
    [InlineData("1")]
    [InlineData("hat")]
    [InlineData("learned")]
    public void A_guided_mean_moves_by_the_variance(string eta)
    {
        var plan = DdimPlan.Create(Schedule, Timesteps.Custom(1000, 600, 300), new DdimOptions { Eta = Eta.Parse(eta) });
        var one = new SamplingPlan("one step", 1000, plan.PredictionType, plan.X0Treatment, [plan.Steps[0]]);
        var network = Network(PredictionType.Epsilon, 0, variance: 0.25f);
        double[] alone = Sample(network, one, null), moved = Sample(network, GuidedPlan.Mean(one), (_, g) => Fill(g, 3));
        var step = plan.Steps[0];
        var sigma = step.UpperSigma == 0 ? step.Sigma : Math.Pow(step.Sigma, 1 - 0.625) * Math.Pow(step.UpperSigma, 0.625);
        Assert.True(step.UpperSigma != 0 == (eta == "learned") && step.Sigma > 0);
        Assert.All(alone.Zip(moved), p => Assert.Equal(p.First + (3 * sigma * sigma), p.Second, 1e-12));
    }

    [Fact]
    public void The_gradient_is_asked_for_what_the_network_was_called_with()
    {
        var asked = new List<string>();
        var network = Network(PredictionType.Epsilon, 0);
        var plan = GuidedPlan.Score(DdimPlan.Create(Schedule, Timesteps.Uniform(1000, 3), new DdimOptions()));
        Sampler.Run(network, plan, Request(Note) with { Count = 3, BatchSize = 2, Labels = [7, 7, 5], Noise = NoiseSource.FromSeeds([1, 2, 3]) });
        string[] expected = [.. plan.Steps.Select(s => $"2 of 7 at {s.Timestep}"), .. plan.Steps.Select(s => $"1 of 5 at {s.Timestep}")];
        Assert.Equal(expected, asked);

        void Note(DenoiserInput input, Span<float> g)
        {
            asked.Add($"{input.Count} of {input.Labels[0]} at {input.Timesteps[0]}");
            Fill(g, 0);
        }
    }

    [Fact]
    public void Plans_keep_their_guidance_as_JSON_and_show_it()
    {
        var plan = DdimPlan.Create(Schedule, Timesteps.Uniform(1000, 3), new DdimOptions { Eta = 1 });
        foreach (var guided in (SamplingPlan[])[GuidedPlan.Score(plan), GuidedPlan.Mean(plan)])
        {
            Assert.Equal(guided, SamplingPlan.FromJson(guided.ToJson()));
            Assert.NotEqual(plan, guided);
            Assert.Contains("_from_g", guided.ToString());
        }

        Assert.DoesNotContain("romG", plan.ToJson());
    }

    [Fact]
    public void What_contradicts_itself_is_refused()
    {
        var plan = DdimPlan.Create(Schedule, Timesteps.Uniform(1000, 3), new DdimOptions());
        var network = Network(PredictionType.Epsilon, 0);
        Refused("give the condition's gradient", () => Sample(network, GuidedPlan.Score(plan), null));
        Refused("no step of the plan reads it", () => Sample(network, plan, (_, g) => Fill(g, 0)));
        Refused("no step of the plan has any", () => GuidedPlan.Mean(plan));
        var zero = SolverPlan.Create(Solver.Ddim, NoiseLevels.Create(NoiseSchedule.Linear().WithZeroTerminalSnr(), TimestepSpacing.Trailing, 3, FinalAlphaBar.One, 0), new DdimOptions { PredictionType = PredictionType.VPrediction });
        Refused("alphaBar = 0", () => GuidedPlan.Score(zero));
        var e = Assert.Throws<DiffusionException>(() => Sample(network, GuidedPlan.Score(plan), (_, g) => Fill(g, float.NaN)));
        Assert.Equal(ErrorKind.NonFinite, e.Kind);

        static void Refused(string says, Action act)
        {
            var e = Assert.Throws<DiffusionException>(act);
            Assert.Equal(ErrorKind.Configuration, e.Kind);
            Assert.Contains(says, e.Message);
        }
    }

    private static double AlphaBar(double t) => Schedule.AlphaBar(t, AlphaBarInterpolation.LogSigma);

    private static void Fill(Span<float> values, float value) => values.Fill(value);

    private static Exact Network(PredictionType type, double mean, float? variance = null) => new(type, mean, variance);

    private static SamplerRequest Request(ConditionGradient? condition) => new()
    {
        Shape = Shape,
        Count = 1,
        Noise = NoiseSource.FromSeeds([4]),
        Condition = condition,
    };

    private static double[] Sample(IDenoiser denoiser, SamplingPlan plan, ConditionGradient? condition) => Sampler.Run(denoiser, plan, Request(condition)).Values;

    /// <summary>The exact prediction of N(mean, 1).</summary>
    private sealed class Exact(PredictionType type, double mean, float? variance) : IDenoiser
    {
        public int OutputChannels => variance is null ? 1 : 2;

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            prediction.Fill(variance ?? 0);
            for (var i = 0; i < input.X.Length; i++)
            {
                var alphaBar = AlphaBar(input.Timesteps[i / Shape.Elements]);
                var (signal, noise) = (Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
                var epsilon = noise * (input.X[i] - (signal * mean));
                var x0 = (input.X[i] - (noise * epsilon)) / signal;
                prediction[(i / Shape.Elements * Shape.Elements * OutputChannels) + (i % Shape.Elements)] = (float)(type switch
                {
                    PredictionType.Epsilon => epsilon,
                    PredictionType.Sample => x0,
                    _ => (signal * epsilon) - (noise * x0),
                });
            }
        }
    }
}
