using CsCheck;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Plans;

public class SamplingPlanTests
{
    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear();

    private static readonly Gen<SamplingPlan> AnyPlan = Gen.Select(
        Gen.Int[1, 60],
        Gen.OneOf(Gen.Double[0, 1].Select(Eta.FromDouble), Gen.Const(Eta.Hat)),
        Gen.Enum<PredictionType>(),
        Gen.OneOf(Gen.Const(X0Treatment.None), Gen.Select(Gen.Double[0.1, 5], Gen.Bool, X0Treatment.Clip),
            Gen.Select(Gen.Double[0, 1], Gen.Double[0.1, 5], Gen.Bool, X0Treatment.DynamicThreshold)),
        Gen.Enum<FinalAlphaBar>(),
        (steps, eta, type, treatment, final) => DdimPlan.Create(Linear, Timesteps.Uniform(1000, steps), new DdimOptions
        {
            Eta = eta,
            PredictionType = type,
            X0Treatment = treatment,
            FinalAlphaBar = final,
        }));

    [Fact]
    public void Json_brings_every_bit_back() => AnyPlan.Sample(plan =>
    {
        var read = SamplingPlan.FromJson(plan.ToJson());
        Assert.Equal(plan, read);
        Assert.Equal(plan.GetHashCode(), read.GetHashCode());
        Assert.Equal((plan.Name, plan.NetworkCalls, plan.FinalAlphaBar), (read.Name, read.NetworkCalls, read.FinalAlphaBar));
        Assert.Equal(plan.Notes, read.Notes);
        Assert.Equal(plan.ToJson(), read.ToJson());
    }, iter: 50);

    [Fact]
    public void Any_difference_makes_plans_differ()
    {
        var plan = DdimPlan.Create(Linear, Timesteps.Uniform(1000, 3));
        SamplingStep[] steps = [.. plan.Steps];
        steps[1] = steps[1] with { M = Math.BitIncrement(steps[1].M) };
        Assert.NotEqual(plan, new SamplingPlan(plan.Name, plan.T, plan.PredictionType, plan.X0Treatment, steps));
        Assert.NotEqual(plan, new SamplingPlan(plan.Name, plan.T, plan.PredictionType, X0Treatment.Clip(), [.. plan.Steps]));
        Assert.NotEqual(plan, new SamplingPlan(plan.Name, plan.T, plan.PredictionType, plan.X0Treatment, [.. plan.Steps], 2));
        Assert.Equal(plan, new SamplingPlan("another name", plan.T, plan.PredictionType, plan.X0Treatment, [.. plan.Steps]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"format":"x"}""")]
    public void Json_that_is_no_plan_is_refused(string json) =>
        Assert.Equal(ErrorKind.Configuration, Assert.Throws<DiffusionException>(() => SamplingPlan.FromJson(json)).Kind);

    [Theory]
    [InlineData("\"sigma\": 0", "\"sigma\": -1")]
    [InlineData("\"sigma\": 0", "\"sigma\": 1e999")]
    [InlineData("\"sigma\": 0", "\"sigma\": 0, \"sigma\": 0")]
    [InlineData("\"sigma\": 0", "\"sigma\": 0, \"unknown\": 0")]
    [InlineData("\"alphaBarTo\": 1,", "\"alphaBarTo\": 1.5,")]
    [InlineData("plan-1", "plan-2")]
    [InlineData("\"t\": 1000", "\"t\": 0")]
    public void Broken_json_is_refused(string part, string replacement)
    {
        var json = DdimPlan.Create(Linear, Timesteps.Uniform(1000, 2)).ToJson();
        Assert.Contains(part, json);
        Assert.Throws<DiffusionException>(() => SamplingPlan.FromJson(json.Replace(part, replacement)));
    }

    [Fact]
    public void Prints_as_a_table()
    {
        var plan = DdimPlan.Create(Linear, Timesteps.Custom(1000, 500, 100), new DdimOptions { Eta = 1, X0Treatment = X0Treatment.Clip() });
        Assert.Equal(
            """
            DDIM eta=1: 2 network calls, T = 1000, Epsilon prediction, clip x0 to ±1, epsilon re-derived, final alphaBar 1
            step    t  alphaBar_from  alphaBar_to  x0_from_x  x0_from_m          x  m       x0     sigma
               0  500      0.0777967     0.895142    3.58525   -3.44297  0.0335206  0  0.93677  0.322215
               1  100       0.895142            1    1.05695   -0.34226          0  0        1         0
            note: the chain starts at t = 500, well below T-1 = 999, where alphaBar = 0.0778 is not about 0: an x_T of pure noise is not what the network saw there

            """.ReplaceLineEndings("\n"), plan.ToString());
    }

    [Fact]
    public void Csv_has_a_header_a_row_per_step_and_every_bit()
    {
        var plan = DdimPlan.Create(Linear, Timesteps.Uniform(1000, 7), new DdimOptions { Eta = 0.3 });
        var lines = SamplingPlanTable.Csv(plan).TrimEnd('\n').Split('\n');
        Assert.Equal(8, lines.Length);
        Assert.Equal("step,t,alphaBar_from,alphaBar_to,x0_from_x,x0_from_m,x,m,x0,sigma", lines[0]);
        for (var k = 0; k < 7; k++)
        {
            var cells = lines[k + 1].Split(',').Select(double.Parse).ToArray();
            var s = plan.Steps[k];
            Assert.Equal([k, s.Timestep!.Value, s.AlphaBarFrom, s.AlphaBarTo, s.X0FromX, s.X0FromM, s.X, s.M, s.X0, s.Sigma], cells);
        }
    }

    [Fact]
    public void A_chain_that_starts_in_the_middle_is_reported()
    {
        Assert.Empty(DdimPlan.Create(Linear, Timesteps.Uniform(1000, 10)).Notes);
        Assert.Empty(DdimPlan.Create(Linear, Timesteps.Leading(1000, 10)).Notes);
        Assert.Empty(DdimPlan.Create(Linear, Timesteps.Stride(1000, 20)).Notes);
        var note = Assert.Single(DdimPlan.Create(Linear, Timesteps.ErmongroupQuad(1000, 10)).Notes);
        Assert.StartsWith("the chain starts at t = 800, well below T-1 = 999, where alphaBar = 0.00151 is not about 0", note);
        Assert.Equal(2, DdimPlan.Create(Linear, Timesteps.ErmongroupQuad(1000, 50)).Notes.Count);
    }

    [Fact]
    public void Epsilon_is_refused_where_alphaBar_is_0_and_only_there()
    {
        var schedule = Linear.WithZeroTerminalSnr();
        var timesteps = Timesteps.Uniform(1000, 10);
        var error = Assert.Throws<DiffusionException>(() => DdimPlan.Create(schedule, timesteps));
        Assert.Equal(ErrorKind.Configuration, error.Kind);
        Assert.Contains("alphaBar is 0 at t = 999", error.Message);
        foreach (var type in (PredictionType[])[PredictionType.Sample, PredictionType.VPrediction])
        {
            var plan = DdimPlan.Create(schedule, timesteps, new DdimOptions { PredictionType = type, Eta = 0.5 });
            Assert.Equal(10, plan.NetworkCalls);
        }

        Assert.Equal(10, DdimPlan.Create(schedule, Timesteps.Leading(1000, 10)).NetworkCalls);
    }

    [Fact]
    public void Timesteps_of_another_T_are_refused()
    {
        var error = Assert.Throws<DiffusionException>(() => DdimPlan.Create(Linear, Timesteps.Uniform(500, 10)));
        Assert.Contains("made for T = 500, the noise schedule has T = 1000", error.Message);
    }

    [Fact]
    public void Every_step_goes_to_the_next_entry() => AnyPlan.Sample(plan =>
    {
        for (var k = 0; k + 1 < plan.Steps.Count; k++)
        {
            Assert.Equal(plan.Steps[k].AlphaBarTo, plan.Steps[k + 1].AlphaBarFrom);
            Assert.Equal(Linear.AlphaBar((int)plan.Steps[k].Timestep!.Value), plan.Steps[k].AlphaBarFrom);
        }
    }, iter: 50);
}
