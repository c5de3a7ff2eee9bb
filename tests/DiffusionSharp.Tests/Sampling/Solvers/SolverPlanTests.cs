using CsCheck;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Solvers;

public class SolverPlanTests
{
    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear();

    private static readonly Gen<(NoiseLevels Levels, SolverOptions Options)> Any = Gen.Select(
        Gen.Int[1, 60],
        Gen.OneOf(TimestepSpacing.Uniform, TimestepSpacing.Quadratic, TimestepSpacing.Leading, TimestepSpacing.Karras),
        Gen.Enum<FinalAlphaBar>(),
        Gen.Enum<PredictionType>(),
        Gen.OneOf(X0Treatment.None, X0Treatment.Clip(), X0Treatment.Clip(keepEpsilon: true)),
        (steps, spacing, final, type, treatment) =>
            (NoiseLevels.Create(Linear, spacing, steps, final), new SolverOptions { PredictionType = type, X0Treatment = treatment }));

    private static NoiseLevels Ten => NoiseLevels.FromTimesteps(Linear, Timesteps.Uniform(1000, 10));

    // Without more than one ε or x0 to look at, each solver is DDIM at η = 0, bit for bit.
    [Fact]
    public void Every_first_order_solver_is_DDIM() => Any.Sample((levels, options) =>
    {
        var ddim = DdimPlan.Create(levels, new DdimOptions { PredictionType = options.PredictionType, X0Treatment = options.X0Treatment }).Steps;
        var uniPc = new UniPcOptions
        {
            Order = 1,
            Uncorrected = [.. Enumerable.Range(0, 60)],
            PredictionType = options.PredictionType,
            X0Treatment = options.X0Treatment,
        };
        Assert.Equal(ddim, Bare(EdmPlan.Euler(levels, options)));
        Assert.Equal(ddim, Bare(DeisPlan.Create(levels, options, 1)));
        Assert.Equal(ddim, Bare(UniPcPlan.Create(levels, uniPc)));
        Assert.Equal(ddim, Bare(UniPcPlan.Create(levels, uniPc with { OfEpsilon = true })));

        static IEnumerable<SamplingStep> Bare(SamplingPlan plan)
        {
            Assert.All(plan.Steps, s => Assert.All(s.History ?? [], w => Assert.Equal(0, w)));
            return plan.Steps.Select(s => s with { KeptX = 0, KeptM = 0, KeptX0 = 0, History = null });
        }
    }, iter: 100);

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 3, 3, 5)]
    [InlineData(3, 5, 4, 9)]
    [InlineData(4, 7, 5, 13)]
    [InlineData(10, 19, 11, 19)]
    [InlineData(1000, 1999, 1001, 1009)]
    public void Network_calls(int steps, int heun, int plms, int pndm)
    {
        var levels = NoiseLevels.FromTimesteps(Linear, Timesteps.Uniform(1000, steps));
        var options = new SolverOptions();
        Assert.Equal(heun, EdmPlan.Heun(levels, options).NetworkCalls);
        Assert.Equal(plms, PlmsPlan.Create(levels, options).NetworkCalls);
        Assert.Equal(pndm, PlmsPlan.CreateRungeKutta(Linear, levels, options).NetworkCalls);
        Assert.Equal(steps, DeisPlan.Create(levels, options).NetworkCalls);
        Assert.Equal(steps, UniPcPlan.Create(levels, new UniPcOptions { Order = 3 }).NetworkCalls);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Orders_outside_the_published_are_refused(int order)
    {
        Assert.Equal(ErrorKind.Configuration, Assert.Throws<DiffusionException>(() => DeisPlan.Create(Ten, new SolverOptions(), order)).Kind);
        Assert.Equal(ErrorKind.Configuration, Assert.Throws<DiffusionException>(() => UniPcPlan.Create(Ten, new UniPcOptions { Order = order })).Kind);
    }

    // The network knows the one image: wherever the noise begins, the chain ends on it. The cosine's first levels and those of zero SNR are noise but for 1e-9 and less.
    [Fact]
    public void One_known_image_is_reached_from_pure_noise()
    {
        foreach (var schedule in (NoiseSchedule[])[Linear, NoiseSchedule.Cosine(), Linear.WithZeroTerminalSnr(), NoiseSchedule.LinearScaledT(21)])
        {
            foreach (var steps in (int[])[1, 2, 3, 4, 10, 21])
            {
                var levels = NoiseLevels.FromTimesteps(schedule, Timesteps.Uniform(schedule.T, steps));
                var options = new SolverOptions { PredictionType = PredictionType.VPrediction };
                SamplingPlan[] plans =
                [
                    EdmPlan.Heun(levels, options), PlmsPlan.Create(levels, options), PlmsPlan.CreateRungeKutta(schedule, levels, options),
                    DeisPlan.Create(levels, options), UniPcPlan.Create(levels, new UniPcOptions { Order = 3, PredictionType = options.PredictionType }),
                ];
                Assert.All(plans, plan => Assert.Equal(0.7, PlanInDoubles.Run(plan, [1.3], Model)[0], 1e-9));
            }

            double Model(double x, double t)
            {
                var alphaBar = t == schedule.T - 1 ? schedule.AlphaBar((int)t) : schedule.AlphaBar(t, AlphaBarInterpolation.LogSigma);
                double a = Math.Sqrt(alphaBar), b = Math.Sqrt(1 - alphaBar);
                return (a * (x - (a * 0.7)) / b) - (b * 0.7);
            }
        }
    }

    // From σ = 20000 (cosine) EDM's trapezoid would give x0's change a weight of hundreds; over 1/σ its weight is at most 1/2.
    [Fact]
    public void Heun_and_PLMS_begin_well_in_pure_noise()
    {
        foreach (var schedule in (NoiseSchedule[])[NoiseSchedule.Cosine(), Linear.WithZeroTerminalSnr()])
        {
            var levels = NoiseLevels.FromTimesteps(schedule, Timesteps.Uniform(1000, 10));
            var options = new SolverOptions { PredictionType = PredictionType.VPrediction };
            var euler = Error(EdmPlan.Euler(levels, options));
            SamplingPlan[] plans = [EdmPlan.Heun(levels, options), PlmsPlan.Create(levels, options), PlmsPlan.CreateRungeKutta(schedule, levels, options)];
            Assert.All(plans, plan => Assert.InRange(Error(plan), 0, euler));

            // x0 ~ N(0, 1/4): the ODE ends at x_T/2.
            double Error(SamplingPlan plan) => Math.Abs(PlanInDoubles.Run(plan, [1.3], Model)[0] - 0.65);
            double Model(double x, double t)
            {
                var alphaBar = schedule.AlphaBar(t, AlphaBarInterpolation.LogSigma);
                return Math.Sqrt(alphaBar * (1 - alphaBar)) * x * 0.75 / (1 - (0.75 * alphaBar));
            }
        }
    }
}
