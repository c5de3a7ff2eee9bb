using CsCheck;
using DiffusionSharp.Sampling;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Schedules;

namespace DiffusionSharp.Tests.Sampling;

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
        Gen.Select(AnyTau, Gen.Enum<InversionLevel>(), Gen.Double[-1, 1].Array[6], Gen.Double[-3, 3].Array[6])
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
