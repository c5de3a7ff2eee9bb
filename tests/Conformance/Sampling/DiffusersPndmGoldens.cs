using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using TestKit;

namespace Conformance.Sampling;

/// <summary>05_diffusers_PNDM: PLMS with either start, every state of every run.</summary>
public class DiffusersPndmGoldens
{
    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("05_diffusers_PNDM"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Agrees(string name, string run)
    {
        var golden = new GoldenCase(name);
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var config = new DiffusersSolverConfig(json.GetProperty("config"));
        var final = config.Flag("set_alpha_to_one", false) ? FinalAlphaBar.One : FinalAlphaBar.AlphaBarZero;
        var levels = config.DdimLevels(json.GetProperty("num_inference_steps").GetInt32(), "leading", final);
        var options = new SolverOptions { PredictionType = config.PredictionType };
        var plan = config.Flag("skip_prk_steps", false) ? PlmsPlan.Create(levels, options) : PlmsPlan.CreateRungeKutta(config.Schedule, levels, options);
        config.Done();
        SchedulerReplay.Check(golden, run, json, plan);
    }
}
