using CsCheck;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Schedules;

namespace DiffusionSharp.Tests.Sampling.Solvers;

/// <summary>The identities of the derivation, each for any schedule, any pair of levels and any η.</summary>
public class DdimIdentityTests
{
    private static readonly Gen<Eta> AnyEta = Gen.OneOf(Gen.Double[0, 1].Select(Eta.FromDouble), Gen.OneOf(Eta.FromDouble(0), Eta.FromDouble(1), Eta.Learned));

    private static readonly Gen<X0Treatment> AnyForm = Gen.OneOf(
        X0Treatment.None, X0Treatment.Clip(1e300), X0Treatment.Clip(1e300, keepEpsilon: true));

    // A step t -> s of a schedule, s < t, s = -1 the clean image; ᾱ_t > 0.
    private static readonly Gen<(NoiseSchedule Schedule, int T, int S)> AnyStep = NoiseScheduleTests.Any.SelectMany(schedule =>
        Gen.Int[0, schedule.T - 1].SelectMany(t => Gen.Int[-1, t - 1].Select(s => (schedule, t, s))))
        .Where(p => p.schedule.AlphaBar(p.t) > 0);

    // m for a given ε and x0.
    private static double Exact(PredictionType type, double alphaBar, double epsilon, double x0) => type switch
    {
        PredictionType.Epsilon => epsilon,
        PredictionType.Sample => x0,
        _ => (Math.Sqrt(alphaBar) * epsilon) - (Math.Sqrt(1 - alphaBar) * x0),
    };

    // The step's x' without noise, when the network is exact.
    private static double Next(SamplingStep step, PredictionType type, double x0, double epsilon)
    {
        var x = (Math.Sqrt(step.AlphaBarFrom) * x0) + (Math.Sqrt(1 - step.AlphaBarFrom) * epsilon);
        var m = Exact(type, step.AlphaBarFrom, epsilon, x0);
        var predicted = (step.X0FromX * x) + (step.X0FromM * m);
        return (step.X * x) + (step.M * m) + (step.X0 * predicted);
    }

    // DDIM, lemma 1: if q(x_t|x0) has mean √ᾱ_t·x0 and variance 1-ᾱ_t, then q(x_s|x0) has mean √ᾱ_s·x0 and variance 1-ᾱ_s.
    [Fact]
    public void The_marginal_is_kept_for_every_sigma() =>
        Gen.Select(AnyStep, AnyEta, Gen.Enum<PredictionType>(), AnyForm).Sample((p, eta, type, form) =>
        {
            double from = p.Schedule.AlphaBar(p.T), to = p.Schedule.AlphaBar(p.S);
            var step = DdimPlan.Step(p.T, from, to, new DdimOptions { Eta = eta, PredictionType = type, X0Treatment = form });
            var ofX0 = Next(step, type, 1, 0);
            var ofEpsilon = Next(step, type, 0, 1);
            var tolerance = 1e-12 * Math.Max(1, 1e-3 / Math.Sqrt(from));
            Assert.Equal(Math.Sqrt(to), ofX0, tolerance);
            Assert.Equal(1 - to, (ofEpsilon * ofEpsilon) + (step.Sigma * step.Sigma), tolerance);
        });

    // DDPM, equations 6 and 7 on the sub-sequence (t, s), whose β is 1 - Π(1-β_i) over s < i <= t.
    [Fact]
    public void Eta_1_and_hat_are_the_DDPM_posterior_on_every_sub_sequence() =>
        Gen.Select(AnyStep, Gen.Bool, Gen.Enum<PredictionType>()).Where((p, _, _) => p.S >= 0).Sample((p, hat, type) =>
        {
            var alpha = 1.0;
            for (var i = p.S + 1; i <= p.T; i++)
            {
                alpha *= 1 - p.Schedule.Beta(i);
            }

            double beta = 1 - alpha, from = p.Schedule.AlphaBar(p.T), to = p.Schedule.AlphaBar(p.S);
            var options = new DdimOptions { Eta = hat ? Eta.Hat : Eta.FromDouble(1), PredictionType = type, X0Treatment = X0Treatment.Clip(1e300) };
            var step = DdimPlan.Step(p.T, from, to, options);
            Assert.Equal(0, step.M);
            Assert.Equal(Math.Sqrt(to) * beta / (1 - from), step.X0, 1e-12);
            Assert.Equal(Math.Sqrt(alpha) * (1 - to) / (1 - from), step.X, 1e-12);
            Assert.Equal(Math.Sqrt(hat ? beta : (1 - to) / (1 - from) * beta), step.Sigma, 1e-12);
        });

    [Fact]
    public void Coefficients_are_the_closed_forms_of_equation_12() =>
        Gen.Select(AnyStep, AnyEta).Sample((p, eta) =>
        {
            double from = p.Schedule.AlphaBar(p.T), to = p.Schedule.AlphaBar(p.S);
            var sigma2 = eta.Value * eta.Value * (1 - to) / (1 - from) * (1 - (from / to));
            var step = DdimPlan.Step(p.T, from, to, new DdimOptions { Eta = eta });
            Assert.Equal(Math.Sqrt(to), step.X0);
            Assert.Equal(0, step.X);
            Assert.Equal(Math.Sqrt(sigma2), step.Sigma, 1e-12);
            Assert.Equal(1 - to - sigma2, step.M * step.M, 1e-12);
            Assert.True(step.M >= 0 && double.IsFinite(step.M));
            Assert.Equal(1 / Math.Sqrt(from), step.X0FromX, 1e-12 / Math.Sqrt(from));
            Assert.Equal(-Math.Sqrt((1 - from) / from), step.X0FromM, 1e-12 / Math.Sqrt(from));
        });

    [Fact]
    public void Epsilon_x0_and_v_lead_to_the_same_x() =>
        Gen.Select(AnyStep, AnyEta, AnyForm, Gen.Double[-2, 2], Gen.Double[-2, 2]).Sample((p, eta, form, x0, epsilon) =>
        {
            double from = p.Schedule.AlphaBar(p.T), to = p.Schedule.AlphaBar(p.S);
            var results = Enum.GetValues<PredictionType>().Select(type => Next(
                DdimPlan.Step(p.T, from, to, new DdimOptions { Eta = eta, PredictionType = type, X0Treatment = form }), type, x0, epsilon)).ToArray();
            Assert.All(results, r => Assert.Equal(results[0], r, 1e-12 * Math.Max(1, 1e-2 / Math.Sqrt(from))));
        });

    [Fact]
    public void Into_the_clean_image_x_is_x0_without_noise() =>
        Gen.Select(AnyStep, Gen.OneOf(AnyEta, Gen.Const(Eta.Hat)), Gen.Enum<PredictionType>(), AnyForm).Sample((p, eta, type, form) =>
        {
            var step = DdimPlan.Step(p.T, p.Schedule.AlphaBar(p.T), 1, new DdimOptions { Eta = eta, PredictionType = type, X0Treatment = form });
            Assert.Equal((0, 0, 1, 0, 0), (step.X, step.M, step.X0, step.Sigma, step.UpperSigma));
        });

    [Fact]
    public void Exact_noise_lands_on_x0_from_any_tau() =>
        Gen.Select(AnyTau, Gen.Enum<PredictionType>(), AnyForm, Gen.Double[-1, 1].Array[8], Gen.Double[-3, 3].Array[8])
            .Where((tau, _, _, _, _) => tau.Schedule.AlphaBar(tau.Timesteps[0]) > 1e-9)
            .Sample((tau, type, form, x0, epsilon) =>
            {
                var (schedule, timesteps) = tau;
                var plan = DdimPlan.Create(schedule, timesteps, new DdimOptions { PredictionType = type, X0Treatment = form });
                var start = schedule.AlphaBar(timesteps[0]);
                var xT = x0.Zip(epsilon, (a, e) => (Math.Sqrt(start) * a) + (Math.Sqrt(1 - start) * e)).ToArray();
                var result = PlanInDoubles.Run(plan, xT, (_, t) => [.. x0.Zip(epsilon, (a, e) => Exact(type, schedule.AlphaBar((int)t), e, a))]);
                Assert.All(x0.Zip(result), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
            });

    [Fact]
    public void A_clip_that_clips_nothing_changes_nothing() =>
        Gen.Select(AnyTau, Gen.Enum<PredictionType>(), Gen.Bool, Gen.Double[-1, 1].Array[5])
            .Where((tau, _, _, _) => tau.Schedule.AlphaBar(tau.Timesteps[0]) > 1e-6)
            .Sample((tau, type, keep, xT) =>
            {
                static double Model(double x, double t) => 0.3 * Math.Sin((3 * x) + (t / 250));
                var options = new DdimOptions { PredictionType = type };
                var plain = PlanInDoubles.Run(DdimPlan.Create(tau.Schedule, tau.Timesteps, options), xT, Model);
                var clipped = options with { X0Treatment = X0Treatment.Clip(1e300, keep) };
                var other = PlanInDoubles.Run(DdimPlan.Create(tau.Schedule, tau.Timesteps, clipped), xT, Model);
                var scale = Math.Max(1, plain.Max(Math.Abs));
                Assert.All(plain.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * scale));
            });

    private static readonly Gen<(NoiseSchedule Schedule, Timesteps Timesteps)> AnyTau = NoiseScheduleTests.Any.SelectMany(schedule =>
        Gen.Int[0, schedule.T - 1].HashSet[1, Math.Min(schedule.T, 30)]
            .Select(set => (schedule, Timesteps.Custom(schedule.T, [.. set.OrderDescending()]))));
}
