using CsCheck;
using DiffusionSharp;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace Conformance.Sampling;

/// <summary>Every solver of <see cref="SolverCase.All"/> × prediction type × treatment of x0, through the public sampler, on networks whose ODE has a closed solution.</summary>
public class SolverConformance
{
    private static readonly ImageShape Shape = new(1, 2, 4);

    private static readonly X0Treatment[] Treatments =
    [
        X0Treatment.None, X0Treatment.Clip(), X0Treatment.Clip(keepEpsilon: true), X0Treatment.DynamicThreshold(), X0Treatment.DynamicThreshold(keepEpsilon: true),
    ];

    private static readonly Gen<NoiseSchedule> AnySchedule = Gen.OneOf(
        Gen.Const(NoiseSchedule.Linear()),
        Gen.Int[1, 100].Select(T => NoiseSchedule.ScaledLinear(T, 0.00085, 0.012)),
        Gen.Int[21, 100].Select(T => NoiseSchedule.LinearScaledT(T)),
        Gen.Int[1, 100].Select(NoiseSchedule.Cosine),
        Gen.Int[2, 100].Select(T => NoiseSchedule.Cosine(T).WithZeroTerminalSnr()),
        Gen.Int[2, 100].Select(T => NoiseSchedule.Linear(T).WithZeroTerminalSnr()));

    private static readonly Gen<NoiseLevels> AnyLevels =
        Gen.Select(AnySchedule, Gen.Enum<TimestepSpacing>().Where(s => s != TimestepSpacing.Tuned), Gen.Enum<FinalAlphaBar>(), Gen.OneOf(Gen.Double[0, 1], Gen.Const(1.0)))
            .Select((schedule, spacing, final, part) => (schedule, spacing, final, steps: Math.Max(1, (int)(part * schedule.T))))
            .Where(c => (c.spacing, c.steps == c.schedule.T && c.steps > 1, c.schedule.T % c.steps == 0) is not ((TimestepSpacing.LinspaceSolver, true, _) or (TimestepSpacing.Stride, _, false)))
            .Select(c => NoiseLevels.Create(c.schedule, c.spacing, c.steps, c.final));

    public static TheoryData<Solver, PredictionType> Deterministic => [.. SolverCase.All
        .Where(c => !c.AddsNoise)
        .SelectMany(c => Enum.GetValues<PredictionType>().Select(type => (c.Solver, type)))];

    public static TheoryData<Solver> All => [.. SolverCase.All.Select(c => c.Solver)];

    [Fact]
    public void Every_solver_has_its_claims() => Assert.Equal(Enum.GetValues<Solver>(), SolverCase.All.Select(c => c.Solver).Order());

    // λ = logSNR/2 evenly spaced over [-3, 3].
    [Theory]
    [MemberData(nameof(Deterministic))]
    public void Converges_to_the_ODE_with_its_order(Solver solver, PredictionType type)
    {
        var model = new GaussianModel(Shape.Channels, type, LambdaGrid.AlphaBar, mean: i => 0.3 - (0.1 * i), deviation: 0.5);
        var start = Normals(7);
        double[] expected = [.. start.Select((x, i) => model.Solve(x, i, LambdaGrid.From, LambdaGrid.To))];
        Slope.AtLeast(
            SolverCase.Get(solver).LeastSlope,
            steps =>
            {
                var plan = SolverPlan.Create(solver, LambdaGrid.Levels(steps), new DdimOptions { PredictionType = type });
                Assert.Equal(SolverCase.Get(solver).NetworkCalls(steps), plan.NetworkCalls);
                return Math.Sqrt(Run(model, plan, start).Zip(expected, (a, b) => (a - b) * (a - b)).Average());
            },
            $"{solver}, {type}");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void One_known_image_is_reached_from_any_levels(Solver solver) =>
        Gen.Select(AnyLevels, Gen.Enum<PredictionType>(), Gen.OneOf(Treatments), Gen.ULong).Sample((levels, type, treatment, seed) =>
        {
            var options = new DdimOptions { PredictionType = type, X0Treatment = treatment };
            if (type == PredictionType.Epsilon && levels[0].AlphaBar == 0)
            {
                Assert.Throws<DiffusionException>(() => { SolverPlan.Create(solver, levels, options); });
                return;
            }

            var plan = SolverPlan.Create(solver, levels, options);
            Assert.Equal(levels.FinalAlphaBar, plan.FinalAlphaBar);
            Assert.Equal(SolverCase.Get(solver).NetworkCalls(levels.Count), plan.NetworkCalls);
            var byTimestep = levels.ToDictionary(l => l.Timestep, l => l.AlphaBar);
            double[] epsilon = Normals(seed), xT = At(levels[0].AlphaBar);
            var x = Run(Model(deviation: 0), plan, xT);

            var tolerance = 1e-5 + Rounding(levels, type) + (SolverCase.Get(solver).AddsNoise ? 12 * Math.Sqrt(1 - levels.FinalAlphaBar) : 0);
            Assert.All(x.Zip(At(levels.FinalAlphaBar)), p => Assert.Equal(p.Second, p.First, tolerance));

            // Images of any kind: every number is finite.
            Run(Model(deviation: 0.5), plan, xT);

            double[] At(double alphaBar) => [.. epsilon.Select((e, i) => (Math.Sqrt(alphaBar) * Mean(i)) + (Math.Sqrt(1 - alphaBar) * e))];
            static double Mean(int i) => 0.9 - (0.25 * i);
            GaussianModel Model(double deviation) => new(Shape.Channels, type, t => byTimestep[t], Mean, deviation);
        });

    [Theory]
    [MemberData(nameof(All))]
    public void All_of_T_and_very_few_steps(Solver solver)
    {
        var schedule = NoiseSchedule.Linear();
        foreach (var steps in (int[])[1, 2, 3, 4, 999, 1000])
        {
            foreach (var spacing in (TimestepSpacing[])[TimestepSpacing.Uniform, TimestepSpacing.Karras])
            {
                var plan = SolverPlan.Create(solver, NoiseLevels.Create(schedule, spacing, steps), new DdimOptions { PredictionType = PredictionType.VPrediction });
                var model = new GaussianModel(
                    Shape.Channels, PredictionType.VPrediction, t => schedule.AlphaBar(t, AlphaBarInterpolation.LogSigma), mean: _ => 0.25, deviation: 0);
                Assert.All(Run(model, plan, Normals(1)), v => Assert.Equal(0.25, v, 1e-4));
            }
        }
    }

    // ε, x0 and v of one network: the same images.
    [Theory]
    [MemberData(nameof(All))]
    public void Prediction_types_agree(Solver solver) =>
        Gen.Select(Gen.Int[1, 30], Gen.Enum<FinalAlphaBar>(), Gen.OneOf(Treatments), Gen.ULong).Sample((steps, final, treatment, seed) =>
        {
            var schedule = NoiseSchedule.ScaledLinear(1000, 0.00085, 0.012);
            var levels = NoiseLevels.Create(schedule, TimestepSpacing.Quadratic, steps, final);
            var results = Enum.GetValues<PredictionType>().Select(type => Run(
                new GaussianModel(Shape.Channels, type, t => schedule.AlphaBar((int)t), mean: i => 0.2 * i, deviation: 0.6),
                SolverPlan.Create(solver, levels, new DdimOptions { PredictionType = type, X0Treatment = treatment }),
                Normals(seed))).ToArray();
            Assert.All(results, r => Assert.All(r.Zip(results[0]), p => Assert.Equal(p.First, p.Second, 1e-4)));
        });

    // The network's float32: x0 by ε has ε's, times σ; solvers that compare ε at two levels multiply what they get by the ratio of both σ.
    // (Fresh noise that remains at ᾱ_0 is not known to the test.)
    private static double Rounding(NoiseLevels levels, PredictionType type)
    {
        double[] sigmas = [.. levels.Select(l => l.Sigma).Where(double.IsFinite)];
        var jump = sigmas.Zip(sigmas.Skip(1), (a, b) => a / b).Append(1).Max();
        return 1e-7 * jump * (type == PredictionType.Epsilon ? 5 * sigmas[0] : 1);
    }

    // Runs the plan on one image; the network is called as often as the plan says.
    private static double[] Run(IDenoiser model, SamplingPlan plan, double[] start)
    {
        var calls = 0;
        var x = Sampler.Run(model, plan, new SamplerRequest
        {
            Shape = Shape,
            Count = 1,
            Noise = NoiseSource.FromSeeds([3]),
            InitialX = start,
        }, new SynchronousProgress<SamplerProgress>(p => calls = p.Call)).Values;
        Assert.Equal(plan.NetworkCalls, calls);
        Assert.All(x, v => Assert.True(double.IsFinite(v)));
        return x;
    }

    private static double[] Normals(ulong seed)
    {
        var x = new double[Shape.Elements];
        NoiseSource.FromSeeds([seed]).Fill(0, NoiseSource.InitialStep, x);
        return x;
    }
}
