using DiffusionSharp.Sampling.Solvers;
using TestKit;

namespace Conformance.Sampling;

/// <summary>05_diffusers_DPMSolverMultistep: every state of every run.</summary>
public class DiffusersDpmSolverGoldens
{
    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("05_diffusers_DPMSolverMultistep"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Agrees(string name, string run)
    {
        var golden = new GoldenCase(name);
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var config = new DiffusersSolverConfig(json.GetProperty("config"));
        var algorithm = config.Text("algorithm_type", "dpmsolver++");
        var plan = DpmSolverPlan.Create(config.Levels(json.GetProperty("num_inference_steps").GetInt32()), new DpmSolverOptions
        {
            Order = (int)config.Number("solver_order", 2),
            Eta = algorithm == "sde-dpmsolver++" ? 1 : 0,
            OfEpsilon = algorithm == "dpmsolver",
            Heun = config.Text("solver_type", "midpoint") == "heun",
            LowersFinalOrder = config.Flag("lower_order_final", true),
            PredictionType = config.PredictionType,
            X0Treatment = config.X0Treatment,
        });

        // "Euler at final" says what the step into σ = 0 is in any case.
        Assert.True(!config.Flag("euler_at_final", false) || plan.FinalAlphaBar == 1);
        config.Done();
        SchedulerReplay.Check(golden, run, json, plan);
    }
}
