using CsCheck;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Schedules;

public class NoiseScheduleTests
{
    public static readonly Gen<NoiseSchedule> Any = Gen.Int[1, 300].SelectMany(T => Gen.OneOf<Func<int, NoiseSchedule>>(
        n => NoiseSchedule.Linear(n),
        n => NoiseSchedule.ScaledLinear(n, 0.00085, 0.012),
        n => NoiseSchedule.Constant(n),
        NoiseSchedule.Jsd,
        n => NoiseSchedule.Sigmoid(n),
        NoiseSchedule.SigmoidLucidrains,
        NoiseSchedule.Cosine,
        n => NoiseSchedule.LinearScaledT(Math.Max(n, 21)),
        n => NoiseSchedule.Linear(n + 1).WithZeroTerminalSnr(),
        n => NoiseSchedule.Cosine(n + 1).WithZeroTerminalSnr()).Select(f => f(T)));

    // schedules-and-plans.md.
    [Theory]
    [InlineData(0, 0.9999, 1e-16)]
    [InlineData(100, 0.895142, 5e-7)]
    [InlineData(500, 0.0777967, 5e-8)]
    [InlineData(800, 0.00150752, 5e-9)]
    [InlineData(900, 0.000270245, 5e-10)]
    [InlineData(980, 5.90e-5, 5e-8)]
    [InlineData(999, 4.0358e-5, 5e-10)]
    public void Linear_alphaBar(int t, double expected, double tolerance) =>
        Assert.Equal(expected, NoiseSchedule.Linear().AlphaBar(t), tolerance);

    [Fact]
    public void AlphaBar_is_the_product_of_1_minus_beta() => Any.Sample(schedule =>
    {
        Assert.Equal(1, schedule.AlphaBar(-1));
        for (var t = 0; t < schedule.T; t++)
        {
            Assert.Equal(schedule.AlphaBar(t - 1) * (1 - schedule.Beta(t)), schedule.AlphaBar(t));
            Assert.True(schedule.AlphaBar(t) < schedule.AlphaBar(t - 1));
            Assert.Equal(schedule.Beta(t), schedule.Betas[t]);
        }

        Assert.Equal(schedule.AlphaBar(schedule.T - 1) == 0, schedule.HasZeroTerminalSnr);
    });

    [Fact]
    public void Zero_terminal_snr_keeps_the_first_level_and_shifts_the_root()
    {
        foreach (var schedule in (NoiseSchedule[])[NoiseSchedule.Linear(), NoiseSchedule.ScaledLinear(1000, 0.00085, 0.012), NoiseSchedule.Cosine()])
        {
            var zero = schedule.WithZeroTerminalSnr();
            Assert.Equal(0, zero.AlphaBar(999));
            Assert.Equal(1, zero.Beta(999));
            Assert.Equal(schedule.AlphaBar(0), zero.AlphaBar(0), 1e-15);
            double first = Math.Sqrt(schedule.AlphaBar(0)), last = Math.Sqrt(schedule.AlphaBar(999));
            for (var t = 0; t < 1000; t++)
            {
                Assert.Equal((Math.Sqrt(schedule.AlphaBar(t)) - last) * first / (first - last), Math.Sqrt(zero.AlphaBar(t)), 1e-13);
            }

            Assert.Same(zero, zero.WithZeroTerminalSnr());
        }
    }

    [Fact]
    public void Between_levels_the_named_quantity_is_linear()
    {
        static double LogSigma(double alphaBar) => 0.5 * Math.Log((1 - alphaBar) / alphaBar);
        static double LogAlpha(double alphaBar) => 0.5 * Math.Log(alphaBar);
        var schedule = NoiseSchedule.Cosine();
        Gen.Double[0, 999].Sample(t =>
        {
            var low = Math.Min((int)t, 998);
            var f = t - low;
            double a = schedule.AlphaBar(low), b = schedule.AlphaBar(low + 1);
            Assert.Equal(((1 - f) * LogSigma(a)) + (f * LogSigma(b)), LogSigma(schedule.AlphaBar(t, AlphaBarInterpolation.LogSigma)), 1e-10);
            Assert.Equal(((1 - f) * LogAlpha(a)) + (f * LogAlpha(b)), LogAlpha(schedule.AlphaBar(t, AlphaBarInterpolation.LogAlpha)), 1e-10);
        });
        Assert.Equal(schedule.AlphaBar(999), schedule.AlphaBar(999.0, AlphaBarInterpolation.LogSigma));
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.AlphaBar(999.5, AlphaBarInterpolation.LogSigma));
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.AlphaBar(double.NaN, AlphaBarInterpolation.LogAlpha));
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.AlphaBar(1000));
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.AlphaBar(-2));
    }

    [Fact]
    public void Between_the_last_levels_a_zero_counts_as_2_to_the_minus_24()
    {
        var schedule = NoiseSchedule.Jsd(10);
        var expected = Math.Sqrt(schedule.AlphaBar(8) * Math.Pow(2, -24));
        Assert.Equal(expected, schedule.AlphaBar(8.5, AlphaBarInterpolation.LogAlpha), 1e-15);
        Assert.Equal(0, schedule.AlphaBar(9.0, AlphaBarInterpolation.LogAlpha));
    }

    [Fact]
    public void Schedules_compare_by_their_betas()
    {
        var schedule = NoiseSchedule.Linear(50);
        Assert.Equal(schedule, NoiseSchedule.FromBetas([.. schedule.Betas]));
        Assert.Equal(schedule.GetHashCode(), NoiseSchedule.FromBetas([.. schedule.Betas]).GetHashCode());
        Assert.NotEqual(schedule, NoiseSchedule.Linear(51));
        Assert.Equal(NoiseSchedule.Linear(1000), NoiseSchedule.LinearScaledT(1000));
        Assert.Equal("T = 50, beta 0.0001 … 0.02, last alphaBar 0.602952", schedule.ToString());
    }

    [Theory]
    [InlineData("beta[1] = 0: every beta must lie in (0, 1)", 0.1, 0.0, 0.1)]
    [InlineData("beta[0] = 1: every beta must lie in (0, 1)", 1.0, 0.1)]
    [InlineData("beta[0] = -0.5", -0.5)]
    [InlineData("beta[1] = NaN", 0.5, double.NaN)]
    [InlineData("beta[0] = 1E-20 brings alphaBar from 1 to 1", 1e-20)]
    [InlineData("T = 0")]
    public void Bad_betas_are_refused(string message, params double[] betas)
    {
        var error = Assert.Throws<DiffusionException>(() => NoiseSchedule.FromBetas(betas));
        Assert.Equal(ErrorKind.Configuration, error.Kind);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void Factories_refuse_what_leaves_the_range()
    {
        Assert.Throws<DiffusionException>(() => NoiseSchedule.Linear(0));
        Assert.Throws<DiffusionException>(() => NoiseSchedule.Linear(10, 0, 0.02));
        Assert.Throws<DiffusionException>(() => NoiseSchedule.LinearScaledT(19));
        Assert.Throws<DiffusionException>(() => NoiseSchedule.Cosine(0));
        Assert.Throws<DiffusionException>(() => NoiseSchedule.Linear(1).WithZeroTerminalSnr());
        Assert.Throws<DiffusionException>(() => NoiseSchedule.Constant(1000, 0.9));
        Assert.Equal(0.02, NoiseSchedule.Linear(2).Beta(1));
        Assert.Equal(1e-4, NoiseSchedule.Linear(1).Beta(0));
    }
}
