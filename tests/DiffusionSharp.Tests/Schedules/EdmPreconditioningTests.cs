using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Schedules;

public class EdmPreconditioningTests
{
    public static TheoryData<double, double> Points => new MatrixTheoryData<double, double>([0.5, 1, 2.5], [0.002, 0.1, 0.5, 3, 80]);

    /// <summary>What table 1 follows from (appendix B.6): input and target of variance 1, and the c_skip that makes c_out least.</summary>
    [Theory]
    [MemberData(nameof(Points))]
    public void It_keeps_variances_at_1(double data, double sigma)
    {
        var edm = new EdmPreconditioning { SigmaData = data };
        double skip = edm.Skip(sigma), scale = edm.Out(sigma), data2 = data * data, sigma2 = sigma * sigma;
        Assert.Equal(1, edm.In(sigma) * edm.In(sigma) * (sigma2 + data2), 1e-14);
        Assert.Equal(1, (((1 - skip) * (1 - skip) * data2) + (skip * skip * sigma2)) / (scale * scale), 1e-12);
        Assert.Equal(0, ((skip - 1) * data2) + (skip * sigma2), 1e-12 * (data2 + sigma2));
        Assert.Equal(1, (sigma2 + data2) / (sigma2 * data2) * scale * scale, 1e-14);
        Assert.Equal(Math.Log(sigma) / 4, EdmPreconditioning.Noise(sigma), 1e-15);
    }

    /// <summary>Equation 5 with the paper's ρ, σ_min and σ_max.</summary>
    [Theory]
    [InlineData(1000)]
    [InlineData(18)]
    [InlineData(2)]
    public void Its_schedule_is_that_of_the_paper(int T)
    {
        var schedule = new EdmPreconditioning().Schedule(T);
        for (var t = 0; t < T; t++)
        {
            var sigma = Math.Pow(Math.Pow(80, 1 / 7.0) + ((T - 1 - t) / (T - 1.0) * (Math.Pow(0.002, 1 / 7.0) - Math.Pow(80, 1 / 7.0))), 7);
            Assert.Equal(1, NoiseLevel.SigmaOf(schedule.AlphaBar(t)) / sigma, 1e-9);
        }

        var levels = NoiseLevels.Karras(schedule, Math.Min(T, 18));
        Assert.Equal((80, 0.002), (Math.Round(levels[0].Sigma, 6), Math.Round(levels[^1].Sigma, 9)));
    }

    [Theory]
    [InlineData(0, 0.002, 80, 1000)]
    [InlineData(0.5, 0, 80, 1000)]
    [InlineData(0.5, 90, 80, 1000)]
    [InlineData(0.5, 0.002, double.PositiveInfinity, 1000)]
    [InlineData(0.5, 0.002, 80, 1)]
    public void What_is_no_range_is_refused(double data, double min, double max, int T)
    {
        var e = Assert.Throws<DiffusionException>(() => new EdmPreconditioning { SigmaData = data, SigmaMin = min, SigmaMax = max }.Schedule(T));
        Assert.Equal(ErrorKind.Configuration, e.Kind);
    }
}
