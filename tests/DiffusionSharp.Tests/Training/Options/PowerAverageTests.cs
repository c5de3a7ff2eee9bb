using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Tests.Training.Options;

public class PowerAverageTests
{
    /// <summary>The lengths of γ by hand: γ = 0, 1 and 6 give √(1/12), √(2/36) and √(7/576); the paper's 5 % and 10 % are γ = 16.97 and 6.94.</summary>
    [Theory]
    [InlineData(0.23570226039551584, 1, 1e-12)]
    [InlineData(0.11023963796102461, 6, 1e-12)]
    [InlineData(0.05, 16.97, 5e-3)]
    [InlineData(0.10, 6.94, 5e-3)]
    public void Its_exponent_is_that_of_the_length(double length, double exponent, double tolerance) => Assert.Equal(exponent, PowerAverage.Exponent(length), tolerance);

    /// <summary>The discrete average weighs update j by the integral of the profile over (j-1, j]: (j^(γ+1) - (j-1)^(γ+1))/t^(γ+1).</summary>
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.2)]
    public void Its_updates_weigh_as_the_power_function(double length)
    {
        const int t = 50;
        var power = PowerAverage.Exponent(length) + 1;
        for (var j = 1; j <= t; j++)
        {
            var average = 0.0;
            for (var update = 1; update <= t; update++)
            {
                var kept = PowerAverage.Decay(power - 1, update - 1);
                average = (kept * average) + ((1 - kept) * (update == j ? 1 : 0));
            }

            Assert.Equal((Math.Pow(j, power) - Math.Pow(j - 1, power)) / Math.Pow(t, power), average, 1e-14);
        }
    }

    /// <summary>The product of two profiles, by a sum over their common time.</summary>
    [Theory]
    [InlineData(100, 6, 80, 16)]
    [InlineData(30, 2, 100, 5)]
    [InlineData(60, 3, 60, 3)]
    public void The_product_of_profiles_is_their_integral(double t, double exponent, double otherT, double otherExponent)
    {
        const int points = 100_000;
        var width = Math.Min(t, otherT) / points;
        var sum = Enumerable.Range(0, points).Sum(i => width * Profile((i + 0.5) * width, t, exponent) * Profile((i + 0.5) * width, otherT, otherExponent));
        Assert.Equal(1, PowerAverage.Product((t, exponent), (otherT, otherExponent)) / sum, 1e-6);
        Assert.Equal(1, PowerAverage.Product((otherT, otherExponent), (t, exponent)) / sum, 1e-6);

        static double Profile(double at, double t, double exponent) => (exponent + 1) * Math.Pow(at, exponent) / Math.Pow(t, exponent + 1);
    }

    public static TheoryData<double> Lengths => [0.04, 0.05, 0.07, 0.1, 0.15, 0.2];

    /// <summary>Averages of lengths that were not stored are those that would have been computed directly, of a walk whose deviation is about 2.</summary>
    [Theory]
    [MemberData(nameof(Lengths))]
    public void What_is_made_of_stored_averages_is_the_average_itself(double length)
    {
        const int updates = 2000, every = 100, size = 16;
        var random = new Random(5);
        double[] exponents = [PowerAverage.Exponent(0.05), PowerAverage.Exponent(0.1), PowerAverage.Exponent(length)];
        var values = new double[size];
        var averages = exponents.Select(_ => new double[size]).ToArray();
        var stored = new List<(double Update, double Exponent)>();
        var kept = new List<double[]>();
        for (var update = 1; update <= updates; update++)
        {
            for (var i = 0; i < size; i++)
            {
                values[i] += 0.05 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) / 0.5;
                foreach (var (k, exponent) in exponents.Index())
                {
                    var part = PowerAverage.Decay(exponent, update - 1);
                    averages[k][i] = (part * averages[k][i]) + ((1 - part) * values[i]);
                }
            }

            if (update % every == 0)
            {
                stored.AddRange([(update, exponents[0]), (update, exponents[1])]);
                kept.AddRange([[.. averages[0]], [.. averages[1]]]);
            }
        }

        var coefficients = PowerAverage.Coefficients(stored, updates, exponents[2]);
        Assert.Equal(1, coefficients.Sum(), 0.01);
        var worst = Enumerable.Range(0, size).Max(i => Math.Abs(kept.Zip(coefficients).Sum(k => k.First[i] * k.Second) - averages[2][i]));
        Assert.True(worst < (length is 0.05 or 0.1 ? 1e-9 : 0.01), $"{worst} apart");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.26)]
    [InlineData(double.NaN)]
    public void Other_lengths_are_refused(double length) => Assert.Throws<ArgumentOutOfRangeException>(() => PowerAverage.Exponent(length));
}
