using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using TestKit;

namespace Conformance.Sampling;

/// <summary>05_diffusers_DDIM: DDIMScheduler, every state of every run.</summary>
public class DiffusersDdimGoldens
{
    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("05_diffusers_DDIM"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Agrees(string name, string run)
    {
        var golden = new GoldenCase(name);
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var config = DiffusersConfig.Read(json.GetProperty("config"), "DDIMScheduler");
        var arguments = json.GetProperty("step_args");
        var useClipped = arguments.TryGetProperty("use_clipped_model_output", out var use) && use.GetBoolean();
        var options = DiffusersConfig.Options(config, arguments.GetProperty("eta").GetDouble(), keepEpsilon: !useClipped);
        var schedule = config.ToSchedule();
        var timesteps = DiffusersConfig.Timesteps(config, json.GetProperty("num_inference_steps").GetInt32());
        var plan = DdimPlan.Create(schedule, timesteps, options);
        if (json.TryGetProperty("known_reference_defect", out _))
        {
            // Our chain goes to the next entry of τ. The reference goes to t - T//S, off its own timesteps: the same step
            // arithmetic is checked on the reference's levels.
            var stride = schedule.T / timesteps.Count;
            var theirs = timesteps.Select(t => DdimPlan.Step(
                t, schedule.AlphaBar(t), t >= stride ? schedule.AlphaBar(t - stride) : plan.FinalAlphaBar, options)).ToArray();
            Assert.NotEqual(plan.Steps, theirs);
            plan = new SamplingPlan(plan.Name, plan.T, plan.PredictionType, plan.X0Treatment, theirs);
        }

        SchedulerReplay.Check(golden, run, json, plan);
    }
}
