using CsCheck;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Editing;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Editing;

public class ImageToImagePlanTests
{
    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear();
    private static readonly ImageShape Shape = new(3, 2, 4);

    private static NoiseLevels Levels(int steps) => NoiseLevels.FromTimesteps(Linear, Timesteps.Uniform(1000, steps));

    private static SamplingPlan Plan(int steps, double strength, Eta eta = default) =>
        ImageToImagePlan.Create(Levels(steps), strength, left => DdimPlan.Create(left, new DdimOptions { Eta = eta }));

    [Fact]
    public void Strength_is_a_part_of_the_steps() => Gen.Select(Gen.Int[1, 1000], Gen.Double[0, 1], Gen.Double[0, 1]).Sample((s, part, any) =>
    {
        var n = (int)(part * s);
        Assert.Equal(n, ImageToImagePlan.Steps(s, n / (double)s));
        Assert.Equal(n, ImageToImagePlan.Steps(s, double.Parse(FormattableString.Invariant($"{n / (double)s}"), System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(Math.Max(0, n - 1), n == 0 ? 0 : ImageToImagePlan.Steps(s, Math.BitDecrement(n / (double)s)));
        Assert.InRange(ImageToImagePlan.Steps(s, any), Math.Floor(s * (any - 1e-12)), Math.Floor(s * (any + 1e-12)));
    });

    [Theory]
    [InlineData(50, 0.6, 30)]
    [InlineData(100, 0.29, 29)] // 28.999999999999996 as a product
    [InlineData(50, 0.99, 49)]
    [InlineData(7, 0.5, 3)]
    [InlineData(50, 0.019, 0)]
    [InlineData(1, 1, 1)]
    public void Calls_are_exact(int steps, double strength, int calls) => Assert.Equal(calls, Plan(steps, strength).NetworkCalls);

    [Fact]
    public void It_is_the_end_of_the_whole_plan_behind_one_step_up()
    {
        var whole = DdimPlan.Create(Levels(10), new DdimOptions { Eta = 0.3 });
        var plan = Plan(10, 0.4, 0.3);

        Assert.Equal(whole.Steps.TakeLast(4), plan.Steps.Skip(1));
        Assert.Equal(Renoise.Step(1, Linear.AlphaBar(399)), plan.Steps[0]);
        Assert.Equal((10, 1, 1.0), (Plan(10, 1).NetworkCalls, plan.FinalAlphaBar, plan.InitialScale));
        Assert.Equal(Math.Sqrt(Linear.AlphaBar(999)), Plan(10, 1).Steps[0].X, 1e-15);
    }

    [Fact]
    public void A_solver_that_scales_its_start_gets_it_scaled()
    {
        SamplingPlan Scaled(NoiseLevels left) => new("scaled", 1000, PredictionType.Epsilon, X0Treatment.None, [.. DdimPlan.Create(left, new DdimOptions()).Steps], 3);
        var plan = ImageToImagePlan.Create(Levels(10), 0.5, Scaled);
        var up = Renoise.Step(1, Linear.AlphaBar(499));

        Assert.Equal((1, 3 * up.X, 3 * up.Sigma), (plan.InitialScale, plan.Steps[0].X, plan.Steps[0].Sigma));
    }

    [Fact]
    public void Strength_0_returns_the_image_bit_for_bit()
    {
        double[] image = [.. Enumerable.Range(0, 24).Select(i => (i / 127.5) - 1), .. Enumerable.Repeat(-0.0, 24)];
        var network = new FakeDenoiser(3, (_, _) => float.NaN);
        var plan = Plan(50, 0);
        var result = Sampler.Run(network, plan, Request(image));

        Assert.Equal(image.Select(BitConverter.DoubleToInt64Bits), result.Values.Select(BitConverter.DoubleToInt64Bits));
        Assert.Empty(network.Timesteps);
        Assert.Equal(0, plan.NetworkCalls);
        Assert.Contains("come back as they are", Assert.Single(plan.Notes), StringComparison.Ordinal);
    }

    // A network that knows the one image there is leads back to it, from any strength and with any noise.
    [Theory]
    [InlineData(0.1, 0)]
    [InlineData(0.6, 0.5)]
    [InlineData(1, 1)]
    public void Exact_noise_leads_back_to_the_image(double strength, double eta)
    {
        var result = Sampler.Run(Knowing(0.7), Plan(20, strength, eta), Request([.. Enumerable.Repeat(0.7, 48)]));
        Assert.All(result.Values, v => Assert.Equal(0.7, v, 1e-5));
    }

    // The same with every solver, down to a single step.
    [Fact]
    public void Every_solver_leads_a_known_image_back() => Assert.All(Enum.GetValues<Solver>(), solver =>
    {
        foreach (var strength in (double[])[0.05, 0.1, 0.5, 1])
        {
            SamplingPlan Rest(NoiseLevels left) => SolverPlan.Create(solver, left, new DdimOptions());
            var plan = ImageToImagePlan.Create(Levels(20), strength, Rest);
            Assert.Equal(Rest(Levels(20).Last((int)(20 * strength))).NetworkCalls, plan.NetworkCalls);
            Assert.All(Sampler.Run(Knowing(0.7), plan, Request([.. Enumerable.Repeat(0.7, 48)])).Values, v => Assert.Equal(0.7, v, 1e-4));
        }
    });

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void Strength_lies_between_0_and_1(double strength) =>
        Assert.Equal(ErrorKind.Usage, Assert.Throws<DiffusionException>(() => Plan(10, strength)).Kind);

    private static FakeDenoiser Knowing(double image) => new(3, (x, t) =>
        (float)((x - (Math.Sqrt(Linear.AlphaBar((int)t)) * image)) / Math.Sqrt(1 - Linear.AlphaBar((int)t))));

    private static SamplerRequest Request(double[] images) =>
        new() { Shape = Shape, Count = 2, Noise = NoiseSource.FromSeeds([1, 2]), InitialX = images };
}
