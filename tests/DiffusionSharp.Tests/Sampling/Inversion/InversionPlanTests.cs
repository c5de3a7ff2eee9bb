using CsCheck;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Schedules;

namespace DiffusionSharp.Tests.Sampling.Inversion;

/// <summary>Encoding: the probability-flow ODE from x0 up to x_T.</summary>
public class InversionPlanTests
{
    private static readonly Gen<(NoiseSchedule Schedule, Timesteps Timesteps)> AnyTau = NoiseScheduleTests.Any
        .Where(schedule => !schedule.HasZeroTerminalSnr)
        .SelectMany(schedule => Gen.Int[0, schedule.T - 1].HashSet[1, Math.Min(schedule.T, 30)]
            .Select(set => (schedule, Timesteps.Custom(schedule.T, [.. set.OrderDescending()]))));

    // A network that knows the one noise of every image: x_T is on the straight path of equation 4, whatever τ and level.
    [Fact]
    public void Exact_noise_is_found_and_decodes_to_the_image() =>
        Gen.Select(AnyTau, Gen.OneOf(Gen.Const(InversionLevel.Target), Gen.Const(InversionLevel.Current)), Gen.Double[-1, 1].Array[6], Gen.Double[-3, 3].Array[6])
            .Where((tau, _, _, _) => tau.Schedule.AlphaBar(tau.Timesteps[0]) > 1e-9)
            .Sample((tau, level, x0, epsilon) =>
            {
                var (schedule, timesteps) = tau;
                double[] Model(double[] x, double t) => epsilon;
                var xT = PlanInDoubles.Run(InversionPlan.Create(schedule, timesteps, new InversionOptions { Level = level }), x0, Model);
                var end = schedule.AlphaBar(timesteps[0]);
                Assert.All(x0.Zip(epsilon, xT), p => Assert.Equal((Math.Sqrt(end) * p.First) + (Math.Sqrt(1 - end) * p.Second), p.Third, 1e-9));
                Assert.All(x0.Zip(PlanInDoubles.Run(DdimPlan.Create(schedule, timesteps), xT, Model)), p => Assert.Equal(p.First, p.Second, 1e-9));
            });

    [Fact]
    public void The_network_is_called_where_the_level_says()
    {
        var linear = NoiseSchedule.Linear();
        var tau = Timesteps.Custom(1000, 999, 500, 20);

        var target = InversionPlan.Create(linear, tau);
        var current = InversionPlan.Create(linear, tau, new InversionOptions { Level = InversionLevel.Current });

        Assert.Equal([20.0, 500, 999], target.Steps.Select(s => s.Timestep!.Value));
        Assert.Equal([0.0, 20, 500], current.Steps.Select(s => s.Timestep!.Value));
        Assert.All([target, current], plan =>
        {
            Assert.Equal([1, linear.AlphaBar(20), linear.AlphaBar(500)], plan.Steps.Select(s => s.AlphaBarFrom));
            Assert.Equal([linear.AlphaBar(20), linear.AlphaBar(500), linear.AlphaBar(999)], plan.Steps.Select(s => s.AlphaBarTo));
            Assert.Equal((3, X0TreatmentKind.None), (plan.NetworkCalls, plan.X0Treatment.Kind));
        });
    }

    // x0 ~ N(0, c²): the best network is linear and the ODE has the solution x_t = x0·√(ᾱ_t·c² + 1-ᾱ_t)/c.
    [Theory]
    [InlineData(InversionLevel.Target, PredictionType.Epsilon)]
    [InlineData(InversionLevel.Current, PredictionType.Epsilon)]
    [InlineData(InversionLevel.Target, PredictionType.VPrediction)]
    [InlineData(InversionLevel.Current, PredictionType.VPrediction)]
    public void More_steps_come_closer_to_the_ODE(InversionLevel level, PredictionType type)
    {
        const double c = 0.6;
        var linear = NoiseSchedule.Linear();
        double Variance(double t) => (linear.AlphaBar((int)t) * c * c) + 1 - linear.AlphaBar((int)t);
        double Model(double x, double t)
        {
            double alphaBar = linear.AlphaBar((int)t), a = Math.Sqrt(alphaBar), b = Math.Sqrt(1 - alphaBar);
            double epsilon = b * x / Variance(t), x0 = a * c * c * x / Variance(t);
            return type == PredictionType.Epsilon ? epsilon : (a * epsilon) - (b * x0);
        }

        double[] errors = [.. new[] { 10, 50, 250, 1000 }.Select(steps =>
        {
            var tau = Timesteps.Uniform(1000, steps);
            var encoded = PlanInDoubles.Run(InversionPlan.Create(linear, tau, new InversionOptions { Level = level, PredictionType = type }), [0.8], Model)[0];
            return Math.Abs(encoded - (0.8 * Math.Sqrt(Variance(999)) / c));
        })];

        Assert.All(errors.Zip(errors.Skip(1)), p => Assert.True(p.Second < p.First / 2, $"the errors are {string.Join(", ", errors)}"));
        Assert.InRange(errors[^1], 0, 0.02);
    }

    // At the solution of a refined step decoding gives the image back, on however few steps; the ε-network here is no straight line.
    [Theory]
    [InlineData(PredictionType.Epsilon)]
    [InlineData(PredictionType.Sample)]
    [InlineData(PredictionType.VPrediction)]
    public void A_refined_encoding_decodes_to_the_image(PredictionType type)
    {
        var linear = NoiseSchedule.Linear();
        var tau = Timesteps.Uniform(1000, 5);
        double Model(double x, double t)
        {
            double a = Math.Sqrt(linear.AlphaBar((int)t)), b = Math.Sqrt(1 - linear.AlphaBar((int)t));
            var epsilon = 0.7 * Math.Sin(x);
            var x0 = (x - (b * epsilon)) / a;
            return type switch { PredictionType.Epsilon => epsilon, PredictionType.Sample => x0, _ => (a * epsilon) - (b * x0) };
        }

        double Loss(InversionLevel level)
        {
            var options = new InversionOptions { Level = level, PredictionType = type, FixedPoint = new FixedPoint(1e-13, 200) };
            var xT = PlanInDoubles.Run(InversionPlan.Create(linear, tau, options), [0.8], Model);
            return Math.Abs(PlanInDoubles.Run(DdimPlan.Create(linear, tau, new DdimOptions { PredictionType = type }), xT, Model)[0] - 0.8);
        }

        Assert.InRange(Loss(InversionLevel.Refined), 0, 1e-9);
        if (type != PredictionType.Sample)
        {
            Assert.InRange(Loss(InversionLevel.Target), 1e-3, 100);
        }
    }

    [Fact]
    public void Repetition_ends_for_each_image_by_itself_and_within_its_limit()
    {
        var shape = new ImageShape(1, 1, 2);
        var network = new FakeDenoiser(1, (x, _) => (float)Math.Sin(x));
        var plan = InversionPlan.Create(NoiseSchedule.Linear(), Timesteps.Uniform(1000, 4), new InversionOptions
        {
            Level = InversionLevel.Refined,
            FixedPoint = new FixedPoint(1e-4, 200),
        });
        double[] images = [0, 0, 0.9, -0.4, 0.1, 0.6];
        SampledImages Run(double[] x, int batch, Action<SamplerProgress>? progress = null, SamplingPlan? other = null) => Sampler.Run(network, other ?? plan, new SamplerRequest
        {
            Shape = shape,
            Count = x.Length / 2,
            Noise = DiffusionSharp.Noise.NoiseSource.FromSeeds(new ulong[x.Length / 2]),
            InitialX = x,
            BatchSize = batch,
        }, progress is null ? null : new SynchronousProgress<SamplerProgress>(progress));

        var together = Run(images, 3);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Run(images[(2 * i)..((2 * i) + 2)], 1).Values, together.Image(i).ToArray());
        }

        // The image that is all zeros is its own encoding: one repetition a step says so.
        network.Counts.Clear();
        Run([0, 0], 1);
        Assert.Equal(4, network.Counts.Count);

        var (calls, residual) = (0, 0.0);
        Run(images, 3, p => (calls, residual) = (p.Call, p.Residual));
        Assert.InRange(calls, 5, plan.NetworkCalls - 1);
        Assert.InRange(residual, 0, plan.FixedPoint!.Tolerance);

        var short2 = InversionPlan.Create(NoiseSchedule.Linear(), Timesteps.Uniform(1000, 4), new InversionOptions
        {
            Level = InversionLevel.Refined,
            FixedPoint = new FixedPoint(0, 2),
        });
        Run(images, 3, p => calls = p.Call, short2);
        Assert.Equal((8, 8), (calls, short2.NetworkCalls));
    }

    [Fact]
    public void A_network_that_predicts_x0_cannot_start_at_the_clean_image()
    {
        var options = new InversionOptions { PredictionType = PredictionType.Sample };
        var tau = Timesteps.Uniform(1000, 10);

        var error = Assert.Throws<DiffusionException>(() => InversionPlan.Create(NoiseSchedule.Linear(), tau, options));
        Assert.Contains("predicts x0", error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.Configuration, error.Kind);
        Assert.Equal(10, InversionPlan.Create(NoiseSchedule.Linear(), tau, options with { StartAlphaBar = FinalAlphaBar.AlphaBarZero }).NetworkCalls);
        Assert.Throws<DiffusionException>(() => InversionPlan.Create(NoiseSchedule.Linear(100), tau));
    }
}
