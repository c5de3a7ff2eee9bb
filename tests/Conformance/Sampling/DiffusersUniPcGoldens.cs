using DiffusionSharp.Sampling.Solvers;
using TestKit;

namespace Conformance.Sampling;

/// <summary>05_diffusers_UniPC: every state of every run.</summary>
public class DiffusersUniPcGoldens
{
    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("05_diffusers_UniPC"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Agrees(string name, string run)
    {
        var golden = new GoldenCase(name);
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var config = new DiffusersSolverConfig(json.GetProperty("config"));
        var plan = UniPcPlan.Create(config.Levels(json.GetProperty("num_inference_steps").GetInt32()), new UniPcOptions
        {
            Order = (int)config.Number("solver_order", 2),
            B1 = config.Text("solver_type", "bh2") == "bh1",
            OfEpsilon = !config.Flag("predict_x0", true),
            LowersFinalOrder = config.Flag("lower_order_final", true),
            Uncorrected = [.. config.Integers("disable_corrector")],
            PredictionType = config.PredictionType,
            X0Treatment = config.X0Treatment,
        });
        config.Done();
        SchedulerReplay.Check(golden, run, json, plan);
    }
}
