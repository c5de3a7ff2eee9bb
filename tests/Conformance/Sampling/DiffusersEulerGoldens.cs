using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using TestKit;

namespace Conformance.Sampling;

/// <summary>05_diffusers_Euler and _EulerAncestral: DDIM at η = 0 and η = 1 in EDM's units. Every state of every run.</summary>
public class DiffusersEulerGoldens
{
    public static TheoryData<string, string> Euler => new(GoldenRuns.ForKind("05_diffusers_Euler"));

    public static TheoryData<string, string> Ancestral => new(GoldenRuns.ForKind("05_diffusers_EulerAncestral"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Euler))]
    public void Agrees(string name, string run) => Check(name, run, eta: 0);

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Ancestral))]
    public void Ancestral_agrees(string name, string run) => Check(name, run, eta: 1);

    private static void Check(string name, string run, Eta eta)
    {
        var golden = new GoldenCase(name);
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var config = new DiffusersSolverConfig(json.GetProperty("config"));
        var levels = config.EulerLevels(json.GetProperty("num_inference_steps").GetInt32());
        var plan = DdimPlan.Create(levels, new DdimOptions { Eta = eta, PredictionType = config.PredictionType });
        config.Done();
        var arguments = json.GetProperty("step_args");
        var churns = arguments.TryGetProperty("s_churn", out var amount);
        if (churns)
        {
            var churn = new Churn(
                config.Schedule,
                amount.GetDouble(),
                arguments.GetProperty("s_tmin").GetDouble(),
                arguments.GetProperty("s_tmax").GetDouble(),
                arguments.GetProperty("s_noise").GetDouble());
            plan = new SamplingPlan(plan.Name, plan.T, plan.PredictionType, plan.X0Treatment,
                [.. plan.Steps.Select((step, k) => churn.Raised(levels[k], levels.Count) is { } raised ? LateChurn(levels[k], raised, step.AlphaBarTo, churn) : step)]);
        }

        SigmaScaledReplay.Check(golden, run, json, plan, comparesX0: !churns);
    }

    // The reference raises σ only after the network was called, so that the network never sees the noise that is added (k-diffusion's does, and so
    // does ours: 11_k_diffusion). Its x0 is that of the raised x and is not compared.
    private static SamplingStep LateChurn(NoiseLevel level, NoiseLevel raised, double alphaBarTo, Churn churn) =>
        Prediction.At(level, PredictionType.Epsilon, X0Treatment.None).Step(
            alphaBarTo,
            x: Math.Sqrt(alphaBarTo / level.AlphaBar),
            x0: 0,
            epsilon: Math.Sqrt(alphaBarTo) * (NoiseLevel.SigmaOf(alphaBarTo) - raised.Sigma)) with
        {
            Sigma = Math.Sqrt(alphaBarTo) * churn.Noise * Math.Sqrt((raised.Sigma * raised.Sigma) - (level.Sigma * level.Sigma)),
        };
}
