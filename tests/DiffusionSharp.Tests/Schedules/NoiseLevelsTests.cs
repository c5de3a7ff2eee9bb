using CsCheck;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Schedules;

public class NoiseLevelsTests
{
    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear();

    // diffusers' EulerDiscreteScheduler with use_karras_sigmas: its t and σ, from float32 tables.
    [Fact]
    public void Karras_is_diffusers()
    {
        double[] t = [999, 936.922119140625, 863.8296508789062, 775.13427734375, 662.6388549804688, 510.70703125, 300.9902648925781, 102.16522979736328, 18.309188842773438, 0];
        double[] sigma =
        [
            157.40725708007812, 85.71072387695312, 44.04764175415039, 21.105602264404297, 9.274739265441895, 3.652639865875244, 1.246360182762146,
            0.34970611333847046, 0.0739302858710289, 0.010001329705119133,
        ];
        var levels = NoiseLevels.Karras(Linear, 10);
        Assert.All(levels.Zip(t, sigma), l =>
        {
            Assert.Equal(l.Second, l.First.Timestep, 0.01);
            Assert.Equal(1, l.First.Sigma / l.Third, 2e-4);
        });
        Assert.Equal(1, levels.AlphaBar(10));
    }

    // DPM-Solver's official logSNR grid of 10 steps; its interpolation in t is another (ln α), which moves t by less than 0.05.
    [Fact]
    public void LogSnr_is_DPM_Solvers()
    {
        double[] t =
        [
            999, 898.2948608398438, 784.818603515625, 652.5936889648438, 492.1205749511719, 302.31610107421875, 138.04661560058594, 51.726104736328125,
            16.804615020751953, 3.952954053878784,
        ];
        Assert.All(NoiseLevels.LogSnr(Linear, 10).Zip(t), l => Assert.Equal(l.Second, l.First.Timestep, 0.05));
    }

    [Fact]
    public void Exponential_is_a_geometric_series_in_sigma()
    {
        var levels = NoiseLevels.Exponential(Linear, 8, FinalAlphaBar.AlphaBarZero);
        var ratio = levels[1].Sigma / levels[0].Sigma;
        for (var i = 1; i < 8; i++)
        {
            Assert.Equal(ratio, levels[i].Sigma / levels[i - 1].Sigma, 1e-9);
        }

        Assert.Equal(new NoiseLevel(0, Linear.AlphaBar(0)), levels[7]);
        Assert.Equal(levels[7].AlphaBar, levels.FinalAlphaBar);
    }

    [Fact]
    public void Any_rule_and_count_starts_at_the_top_falls_and_lies_on_the_schedule() =>
        Gen.Select(NoiseScheduleTests.Any, Gen.OneOf(
            Gen.Const(TimestepSpacing.Karras), Gen.Const(TimestepSpacing.Exponential), Gen.Const(TimestepSpacing.LogSnr), Gen.Const(TimestepSpacing.Quadratic)))
            .SelectMany((schedule, spacing) => Gen.Int[1, schedule.T].Select(steps => (schedule, spacing, steps)))
            .Sample((schedule, spacing, steps) =>
            {
                var levels = NoiseLevels.Create(schedule, spacing, steps);
                Assert.Equal((steps, (double)schedule.T - 1), (levels.Count, levels[0].Timestep));
                Assert.All(levels.Skip(1), l => Assert.Equal(1, NoiseLevel.LambdaOf(schedule.AlphaBar(l.Timestep, AlphaBarInterpolation.LogSigma)) - l.Lambda + 1, 1e-6));
            }, iter: 200);

    [Fact]
    public void What_is_no_such_list_is_refused()
    {
        Assert.Throws<DiffusionException>(() => NoiseLevels.Karras(Linear, 0));
        Assert.Throws<DiffusionException>(() => NoiseLevels.LogSnr(Linear, 1001));
        Assert.Throws<DiffusionException>(() => NoiseLevels.Custom(10, 1));
        Assert.Throws<DiffusionException>(() => NoiseLevels.Custom(10, 1, new NoiseLevel(3, 0.5), new NoiseLevel(2, 0.4)));
        Assert.Throws<DiffusionException>(() => NoiseLevels.Custom(10, 0.3, new NoiseLevel(3, 0.5)));
        Assert.Throws<DiffusionException>(() => NoiseLevels.Custom(10, 0, new NoiseLevel(3, 0)));
        Assert.Throws<DiffusionException>(() => NoiseLevels.FromTimesteps(Linear, Timesteps.Uniform(100, 3)));
        Assert.Throws<DiffusionException>(() => Timesteps.Create(TimestepSpacing.Karras, 1000, 10));
    }
}
