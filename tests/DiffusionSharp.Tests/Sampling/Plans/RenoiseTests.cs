using CsCheck;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Tests.Sampling.Plans;

public class RenoiseTests
{
    private static readonly Gen<double[]> Falling = Gen.Double[1e-6, 1].Array[3].Select(a => a.OrderDescending().ToArray());

    // x_s of mean √ᾱ_s·x0 and variance 1-ᾱ_s becomes x_t of mean √ᾱ_t·x0 and variance 1-ᾱ_t.
    [Fact]
    public void The_marginal_at_s_becomes_the_marginal_at_t() => Falling.Sample(levels =>
    {
        var step = Renoise.Step(levels[0], levels[2]);
        Assert.Null(step.Timestep);
        Assert.Equal((levels[0], levels[2]), (step.AlphaBarFrom, step.AlphaBarTo));
        Assert.Equal(Math.Sqrt(levels[2]), step.X * Math.Sqrt(levels[0]), 1e-14);
        Assert.Equal(1 - levels[2], (step.X * step.X * (1 - levels[0])) + (step.Sigma * step.Sigma), 1e-14);
    });

    [Fact]
    public void One_step_is_two() => Falling.Sample(levels =>
    {
        var (first, second, whole) = (Renoise.Step(levels[0], levels[1]), Renoise.Step(levels[1], levels[2]), Renoise.Step(levels[0], levels[2]));
        Assert.Equal(whole.X, second.X * first.X, 1e-14);
        Assert.Equal(whole.Sigma * whole.Sigma, (second.X * second.X * first.Sigma * first.Sigma) + (second.Sigma * second.Sigma), 1e-14);
    });

    [Fact]
    public void Down_is_refused()
    {
        Assert.Equal((0, 1), (Renoise.Step(0.5, 0).X, Renoise.Step(0.5, 0).Sigma));
        Assert.Throws<ArgumentException>(() => Renoise.Step(0.5, 0.6));
        Assert.Throws<ArgumentException>(() => Renoise.Step(0, 0));
        Assert.Throws<ArgumentException>(() => Renoise.Step(double.NaN, 0));
    }
}
