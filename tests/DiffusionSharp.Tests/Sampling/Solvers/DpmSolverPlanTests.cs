using CsCheck;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Schedules;

namespace DiffusionSharp.Tests.Sampling.Solvers;

/// <summary>The identities of DPM-Solver's steps; its convergence and other people's numbers are in tests/Conformance.</summary>
public class DpmSolverPlanTests
{
    private static readonly Gen<NoiseLevels> AnyLevels = NoiseScheduleTests.Any.SelectMany(schedule =>
        Gen.Select(Gen.Int[0, schedule.T - 1].HashSet[1, Math.Min(schedule.T, 30)], Gen.Enum<FinalAlphaBar>())
            .Where((_, final) => final == FinalAlphaBar.One || schedule.AlphaBar(0) > 0)
            .Select((set, final) => NoiseLevels.FromTimesteps(schedule, Timesteps.Custom(schedule.T, [.. set.OrderDescending()]), final)));

    private static readonly Gen<DpmSolverOptions> AnyOptions =
        Gen.Select(Gen.Int[1, 3], Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 1]), Gen.Bool, Gen.Bool, Gen.Bool).Select((order, eta, ofEpsilon, heun, lowers) => new DpmSolverOptions
        {
            Order = order,
            Eta = ofEpsilon ? 0 : eta,
            OfEpsilon = ofEpsilon,
            Heun = heun,
            LowersFinalOrder = lowers,
            PredictionType = PredictionType.VPrediction,
            X0Treatment = X0Treatment.Clip(1e300),
        });

    // ψ_k(h) = h·∫ e^(-h(1-u))·u^(k-1)/(k-1)! du, by Gauss-Legendre on 50 intervals.
    [Fact]
    public void Psi_is_its_integral() => Gen.Select(Gen.Int[1, 4], Gen.OneOf(Gen.Double[-8, 8], Gen.Double[-1.1, 1.1], Gen.Double[-1e-9, 1e-9])).Sample((k, h) =>
    {
        const int n = 50;
        double[] points = [-Math.Sqrt(0.6), 0, Math.Sqrt(0.6)], weights = [5 / 9.0, 8 / 9.0, 5 / 9.0];
        var integral = 0.0;
        for (var i = 0; i < n * 3; i++)
        {
            var u = ((i / 3) + 0.5 + (points[i % 3] / 2)) / n;
            integral += weights[i % 3] / (2 * n) * Math.Exp(-h * (1 - u)) * Math.Pow(u, k - 1) / (k == 4 ? 6 : Math.Max(1, k - 1));
        }

        Assert.Equal(h * integral, ExponentialStep.Psi(k, h), 1e-10 * Math.Abs(h) * Math.Max(1, Math.Exp(-h)));
    });

    [Fact]
    public void Psi_of_a_step_into_the_clean_image() =>
        Assert.Equal([1, 1, 0.5], [ExponentialStep.Psi(1, double.PositiveInfinity), ExponentialStep.Psi(2, double.PositiveInfinity), ExponentialStep.Psi(3, double.PositiveInfinity)]);

    // The ODE's first order is DDIM's at η = 0, the SDE's at η = 1 (DDPM). Between the two the families differ.
    [Fact]
    public void Order_1_is_DDIM() => Gen.Select(AnyLevels, Gen.Bool, Gen.Bool).Sample((levels, sde, ofEpsilon) =>
    {
        var options = new DpmSolverOptions
        {
            Order = 1,
            Eta = sde ? 1 : 0,
            OfEpsilon = ofEpsilon && !sde,
            PredictionType = PredictionType.VPrediction,
            X0Treatment = X0Treatment.Clip(1e300),
        };
        var ddim = DdimPlan.Create(levels, new DdimOptions { Eta = sde ? 1 : 0, PredictionType = options.PredictionType, X0Treatment = options.X0Treatment });
        Assert.All(DpmSolverPlan.Create(levels, options).Steps.Zip(ddim.Steps), pair =>
        {
            var (ours, theirs) = pair;
            Assert.Equal((theirs.Timestep, theirs.AlphaBarFrom, theirs.AlphaBarTo), (ours.Timestep, ours.AlphaBarFrom, ours.AlphaBarTo));
            // In ε, x/√ᾱ and ε/√ᾱ cancel where ᾱ is small.
            var tolerance = 1e-12 * (ofEpsilon && ours.AlphaBarFrom > 0 ? Math.Max(1, 1e-2 / Math.Sqrt(ours.AlphaBarFrom)) : 1);
            Assert.Equal(theirs.X, ours.X, tolerance);
            Assert.Equal(theirs.X0, ours.X0, tolerance);
            Assert.Equal(theirs.Sigma, ours.Sigma, tolerance);
            Assert.Equal((0, false, null), (ours.M, ours.Keeps, ours.History));
        });
    });

    [Fact]
    public void Into_the_clean_image_x_is_x0() => Gen.Select(AnyLevels, AnyOptions, Gen.Bool).Sample((levels, options, singlestep) =>
    {
        var plan = singlestep ? DpmSolverSinglestepPlan.Create(levels, options) : DpmSolverPlan.Create(levels, options);
        Assert.Equal(levels.Count, plan.NetworkCalls);
        Assert.Equal(levels.FinalAlphaBar, plan.FinalAlphaBar);
        if (levels.FinalAlphaBar == 1)
        {
            var last = plan.Steps[^1];
            Assert.Equal((0, 0, 1, 0, 0, null), (last.X, last.M, last.X0, last.Sigma, last.Saved, last.History));
        }
    });

    // x0 = p + q·λ along the whole chain: Taylor's weights make order 2 and the ψ-terms of order 3 exact from the second step on.
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public void A_prediction_that_is_linear_in_lambda_is_solved_exactly(int order, bool ofEpsilon)
    {
        var levels = NoiseLevels.Create(NoiseSchedule.Linear(), TimestepSpacing.Quadratic, 12, FinalAlphaBar.AlphaBarZero);
        var plan = DpmSolverPlan.Create(levels, new DpmSolverOptions
        {
            Order = order,
            OfEpsilon = ofEpsilon,
            Heun = true,
            LowersFinalOrder = false,
            PredictionType = ofEpsilon ? PredictionType.Epsilon : PredictionType.Sample,
        });
        var x = new double[] { 0.7 };
        var d = new List<double>();
        for (var k = 0; k < plan.Steps.Count; k++)
        {
            var step = plan.Steps[k];
            var now = D(levels.Lambda(k));
            var kept = (step.History ?? []).Select((w, i) => w * d[^(i + 1)]).Sum();
            var next = (step.X * x[0]) + ((ofEpsilon ? step.M : step.X0) * now) + kept;
            if (k >= order - 1)
            {
                Assert.Equal(Exact(x[0], k), next, 1e-9);
            }

            d.Add(now);
            x[0] = next;
        }

        static double D(double lambda) => 0.3 - (0.2 * lambda);

        // x_t = σ_t/σ_s·x + σ_t·∫ e^λ·(p + q·λ) dλ for x0, and α_t/α_s·x - α_t·∫ e^-λ·(p + q·λ) dλ for ε, by antiderivatives.
        double Exact(double from, int k)
        {
            double s = levels.Lambda(k), t = levels.Lambda(k + 1);
            double a = Math.Sqrt(levels.AlphaBar(k + 1)), b = Math.Sqrt(1 - levels.AlphaBar(k + 1));
            static double Up(double l) => Math.Exp(l) * (D(l) + 0.2);
            static double Down(double l) => Math.Exp(-l) * (0.2 - D(l));
            return ofEpsilon
                ? (a / Math.Sqrt(levels.AlphaBar(k)) * from) - (a * (Down(t) - Down(s)))
                : (b / Math.Sqrt(1 - levels.AlphaBar(k)) * from) + (b * (Up(t) - Up(s)));
        }
    }

    [Fact]
    public void Orders_fall_at_the_end_of_short_chains()
    {
        var schedule = NoiseSchedule.Linear();
        Assert.Equal([0, 1, 2, 2, 1, 0], Orders(6, new DpmSolverOptions { Order = 3 }));
        Assert.Equal([0, 1, 2, 2, 2, 2], Orders(6, new DpmSolverOptions { Order = 3, LowersFinalOrder = false }));
        Assert.Equal([0, .. Enumerable.Repeat(1, 14)], Orders(15, new DpmSolverOptions()));

        int[] Orders(int steps, DpmSolverOptions options) => [.. DpmSolverPlan
            .Create(NoiseLevels.Create(schedule, TimestepSpacing.Uniform, steps, FinalAlphaBar.AlphaBarZero), options).Steps
            .Select(s => s.History?.Count ?? 0)];
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(4, 0, false)]
    [InlineData(2, 0.5, true)]
    public void What_there_is_not_is_refused(int order, double eta, bool ofEpsilon)
    {
        var levels = NoiseLevels.Create(NoiseSchedule.Linear(), TimestepSpacing.Uniform, 5);
        var options = new DpmSolverOptions { Order = order, Eta = eta, OfEpsilon = ofEpsilon };
        Assert.Equal(ErrorKind.Configuration, Assert.Throws<DiffusionException>(() => { DpmSolverPlan.Create(levels, options); }).Kind);
    }
}
