using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using TestKit;

namespace Conformance.Sampling;

/// <summary>05_diffusers_DDPM: DDPMScheduler is the DDIM family at η = 1 (fixed_small) and η = hat (fixed_large).</summary>
public class DiffusersDdpmGoldens
{
    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("05_diffusers_DDPM"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Agrees(string name, string run)
    {
        var golden = new GoldenCase(name);
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var config = DiffusersConfig.Read(json.GetProperty("config"), "DDPMScheduler");
        var options = DiffusersConfig.Options(config, config.VarianceType == "fixed_large" ? Eta.Hat : 1, keepEpsilon: false);
        var timesteps = DiffusersConfig.Timesteps(config, json.GetProperty("num_inference_steps").GetInt32());
        var plan = DdimPlan.Create(config.ToSchedule(), timesteps, options);
        if (options.Eta.IsHat && timesteps[^1] > 0)
        {
            // The reference leaves out the last noise only at t = 0: with trailing spacing it adds σ̂·z to the clean image.
            // Ours never does; that last noise is put back to compare the rest.
            SamplingStep[] steps = [.. plan.Steps];
            Assert.Equal(0, steps[^1].Sigma);
            steps[^1] = steps[^1] with { Sigma = Math.Sqrt(1 - steps[^1].AlphaBarFrom) };
            plan = new SamplingPlan(plan.Name, plan.T, plan.PredictionType, plan.X0Treatment, steps);
        }

        SchedulerReplay.Check(golden, run, json, plan);
    }
}
