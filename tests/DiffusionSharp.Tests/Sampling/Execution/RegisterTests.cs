using CsCheck;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Execution;

/// <summary>The registers that solvers use: the sampler does what the step's formula says, whatever the plan.</summary>
public class RegisterTests
{
    private static readonly ImageShape Shape = new(2, 3, 3);

    private static readonly Gen<double> Weight = Gen.OneOf(Gen.Const(0.0), Gen.Double[-0.6, 0.6]);

    private static readonly Gen<SamplingStep> AnyStep = Gen.Select(
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Int[0, 4]), Weight.Array[8], Gen.Double[-0.3, 0.3].Array[4], (shape, w, h) => new SamplingStep
        {
            Timestep = shape.Item1 ? 500 : null,
            X0FromX = w[0],
            X0FromM = w[1],
            X = w[2],
            M = shape.Item1 ? w[3] : 0,
            X0 = shape.Item1 ? w[4] : 0,
            Saves = shape.Item2,
            Saved = w[5],
            KeptX = shape.Item1 ? w[6] : 0,
            KeptX0 = shape.Item1 ? w[7] : 0,
            History = shape.Item3 == 0 ? null : ValueList.Create<double>(h.AsSpan(0, shape.Item3)),
        });

    private static readonly Gen<SamplingPlan> AnyPlan = AnyStep.Array[1, 12].Select(steps =>
    {
        // Nothing is read before it is written.
        var (kept, saved) = (0, false);
        for (var k = 0; k < steps.Length; k++)
        {
            saved |= steps[k].Saves;
            var history = steps[k].History is { } h ? h.Take(kept).ToArray() : [];
            steps[k] = steps[k] with { Saved = saved ? steps[k].Saved : 0, History = history.Length > 0 ? ValueList.Create<double>(history) : null };
            kept += steps[k].Keeps ? 1 : 0;
        }

        return new SamplingPlan("any", 1000, PredictionType.Epsilon, X0Treatment.Clip(0.9), steps);
    });

    private static double Model(double x, double t) => 0.5 * Math.Sin(x + t);

    [Fact]
    public void The_sampler_does_what_the_formula_says() => Gen.Select(AnyPlan, Gen.Int[1, 3]).Sample((plan, batch) =>
    {
        var noise = NoiseSource.FromSeeds([1, 2, 3]);
        var result = Sampler.Run(
            new FakeDenoiser(2, (x, t) => (float)Model(x, t)),
            plan,
            new SamplerRequest { Shape = Shape, Count = 3, BatchSize = batch, Noise = noise });
        for (var i = 0; i < 3; i++)
        {
            var x = new double[Shape.Elements];
            noise.Fill(i, NoiseSource.InitialStep, x);
            var expected = PlanInDoubles.Run(plan, x, Model);
            Assert.All(expected.Zip(result.Image(i).ToArray()), p => Assert.Equal(p.First, p.Second, 1e-5));
        }
    }, iter: 200);

    [Fact]
    public void Json_and_value_take_the_registers_with_them() => AnyPlan.Sample(plan =>
    {
        var read = SamplingPlan.FromJson(plan.ToJson());
        Assert.Equal(plan, read);
        Assert.Equal(plan.ToJson(), read.ToJson());
        Assert.Equal(plan.Steps.Count(s => s.Timestep is not null), read.NetworkCalls);
    }, iter: 100);

    [Fact]
    public void Json_and_value_take_the_learned_variance_with_them()
    {
        var plan = DdimPlan.Create(NoiseSchedule.Linear(), Timesteps.Uniform(1000, 3), new DdimOptions { Eta = Eta.Learned });
        Assert.Equal(plan, SamplingPlan.FromJson(plan.ToJson()));
        Assert.NotEqual(plan, DdimPlan.Create(NoiseSchedule.Linear(), Timesteps.Uniform(1000, 3), new DdimOptions { Eta = 1 }));
        Assert.Equal("sigma_upper", SamplingPlanTable.Header(plan)[^1]);
        Assert.EndsWith(FormattableString.Invariant($",{plan.Steps[0].UpperSigma:R}"), SamplingPlanTable.Csv(plan).Split('\n')[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_are_there_when_they_are_used()
    {
        var plan = new SamplingPlan("two", 1000, PredictionType.Epsilon, X0Treatment.None,
        [
            new SamplingStep { Timestep = 9, X = 1, KeptM = 1, Saves = true },
            new SamplingStep { Saved = 0.5, History = [0.25], AlphaBarTo = 1 },
        ]);
        var lines = SamplingPlanTable.Csv(plan).Split('\n');
        Assert.Equal("step,t,alphaBar_from,alphaBar_to,x0_from_x,x0_from_m,x,m,x0,sigma,saves,saved,d_from_m,d1", lines[0]);
        Assert.Equal("1,,0,1,0,0,0,0,0,0,0,0.5,0,0.25", lines[2]);
    }

    [Theory]
    [InlineData("saved")]
    [InlineData("history")]
    [InlineData("call")]
    [InlineData("variance of no network")]
    [InlineData("variance without a sigma")]
    [InlineData("fixed point")]
    public void A_step_that_reads_what_was_never_written_is_refused(string what)
    {
        var step = new SamplingStep { Timestep = 1, X = 1 };
        SamplingStep[] steps = what switch
        {
            "saved" => [step with { Saved = 1 }, step with { Saves = true }],
            "history" => [step with { KeptM = 1 }, step with { KeptM = 1, History = [1, 1] }],
            "variance of no network" => [step with { Timestep = null, Sigma = 1, UpperSigma = 1 }],
            "variance without a sigma" => [step with { UpperSigma = 1 }],
            "call" => [step, step with { Timestep = null, KeptX = 1 }],
            _ => [step with { Sigma = 1 }],
        };
        var error = Assert.Throws<DiffusionException>(() =>
            new SamplingPlan("bad", 10, PredictionType.Epsilon, X0Treatment.None, steps) { FixedPoint = what == "fixed point" ? new FixedPoint() : null });
        Assert.Equal(ErrorKind.Configuration, error.Kind);
    }
}
