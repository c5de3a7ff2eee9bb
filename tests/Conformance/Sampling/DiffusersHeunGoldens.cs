using DiffusionSharp.Sampling.Solvers;
using TestKit;

namespace Conformance.Sampling;

/// <summary>05_diffusers_Heun: every state of every run. That class's β go from 0.00085 to 0.012.</summary>
public class DiffusersHeunGoldens
{
    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("05_diffusers_Heun"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Agrees(string name, string run)
    {
        var golden = new GoldenCase(name);
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var config = new DiffusersSolverConfig(json.GetProperty("config"), betaStart: 0.00085, betaEnd: 0.012);
        var levels = config.EulerLevels(json.GetProperty("num_inference_steps").GetInt32());
        var plan = EdmPlan.Heun(levels, new SolverOptions { PredictionType = config.PredictionType });
        config.Done();
        SigmaScaledReplay.Check(golden, run, json, plan);
    }
}
