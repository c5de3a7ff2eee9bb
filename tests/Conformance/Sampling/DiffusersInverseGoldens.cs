using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;
using TestKit;

namespace Conformance.Sampling;

/// <summary>05_diffusers_DDIMInverse: DDIMInverseScheduler, every state of every run.</summary>
public class DiffusersInverseGoldens
{
    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("05_diffusers_DDIMInverse"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Agrees(string name, string run)
    {
        var golden = new GoldenCase(name);
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var config = DiffusersConfig.Read(json.GetProperty("config"), "DDIMScheduler");
        var options = DiffusersConfig.Options(config, eta: 0, keepEpsilon: true);
        var plan = InversionPlan.Create(
            config.ToSchedule(),
            DiffusersConfig.Timesteps(config, json.GetProperty("num_inference_steps").GetInt32()),
            new InversionOptions { PredictionType = config.PredictionType, StartAlphaBar = options.FinalAlphaBar });

        // The reference may clip x0, with the network's ε kept; our inversions never do.
        // Where the network predicts x0, the reference's float32 tables dominate the run, and x0 is as far off as x is.
        plan = new SamplingPlan(plan.Name, plan.T, plan.PredictionType, options.X0Treatment, [.. plan.Steps]);
        SchedulerReplay.Check(golden, run, json, plan, x0FollowsX: plan.PredictionType == PredictionType.Sample);
    }
}
