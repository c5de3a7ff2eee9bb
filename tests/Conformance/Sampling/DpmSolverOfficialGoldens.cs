using System.Text.Json;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using TestKit;

namespace Conformance.Sampling;

/// <summary>11_dpm_solver_official: the code of DPM-Solver's authors, multistep and singlestep, in x0 and in ε.</summary>
public class DpmSolverOfficialGoldens
{
    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("11_dpm_solver_official"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Agrees(string name, string run)
    {
        var golden = new GoldenCase(name);
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var method = json.GetProperty("method").GetString()!;
        var options = new DpmSolverOptions
        {
            Order = json.GetProperty("order").GetInt32(),
            OfEpsilon = json.GetProperty("algorithm_type").GetString() == "dpmsolver",

            // Theirs lowers a multistep chain of fewer than 10 steps alone; "singlestep" ends with orders 2 and 1, "fixed" does not.
            LowersFinalOrder = method == "singlestep"
                || (method == "multistep" && json.GetProperty("lower_order_final").GetBoolean() && json.GetProperty("steps").GetInt32() < 10),
        };
        var levels = Levels(NoiseSchedule.FromBetas(golden.Doubles("betas")), json.GetProperty("t_given_to_model"));
        var plan = method == "multistep" ? DpmSolverPlan.Create(levels, options) : DpmSolverSinglestepPlan.Create(levels, options);
        Assert.Equal(json.GetProperty("steps").GetInt32(), plan.NetworkCalls);

        var states = golden.Doubles(run + "/intermediates");
        var shape = golden.Shape(run + "/intermediates");
        var (x, _) = SchedulerReplay.Trajectory(ElementwiseModel.Sine(shape[2]), plan, shape, golden.Doubles("x_T"), noise: []);

        // Their states are those after whole steps: where the next step starts afresh. Multistep lists x_T as well.
        int[] whole = [.. Enumerable.Range(0, x.Length).Where(k => method == "multistep" || k + 1 == x.Length || plan.Steps[k + 1].Saved == 0)];
        var first = method == "multistep" ? 1 : 0;
        Assert.Equal(shape[0], whole.Length + first);
        for (var i = 0; i < whole.Length; i++)
        {
            SchedulerReplay.CompareState(states, i + first, x[whole[i]], json, $"x after call {whole[i] + 1}");
        }
    }

    // t was rounded to float32; ln α is linear between the timesteps, and the end is ᾱ_0.
    private static NoiseLevels Levels(NoiseSchedule schedule, JsonElement timesteps) => NoiseLevels.Custom(schedule.T, schedule.AlphaBar(0),
        [.. timesteps.EnumerateArray().Select(t => t.GetDouble()).Select(t => new NoiseLevel(t, schedule.AlphaBar(t, AlphaBarInterpolation.LogAlpha)))]);
}
