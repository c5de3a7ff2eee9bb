using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Tests.Training.Objectives;

public class VariationalTermTests
{
    private static readonly NoiseSchedule Schedule = NoiseSchedule.Linear();

    public static TheoryData<PredictionType, int> Places => new MatrixTheoryData<PredictionType, int>(Enum.GetValues<PredictionType>(), [0, 1, 20, 500, 999]);

    /// <summary>The KL divergence as an integral over x of the two densities, the means and variances written out as the DDPM paper has them (equations 6 and 7).</summary>
    [Theory]
    [InlineData(1, -0.7)]
    [InlineData(20, 0.4)]
    [InlineData(999, 0.9)]
    public void Between_steps_it_is_the_divergence_of_two_Gaussians(int t, double v)
    {
        const double x0 = 0.3, epsilon = -1.1, predicted = -0.8;
        double alphaBar = Schedule.AlphaBar(t), before = Schedule.AlphaBar(t - 1), beta = Schedule.Beta(t);
        var xt = (Math.Sqrt(alphaBar) * x0) + (Math.Sqrt(1 - alphaBar) * epsilon);
        var trueMean = ((Math.Sqrt(before) * beta * x0) + (Math.Sqrt(1 - beta) * (1 - before) * xt)) / (1 - alphaBar);
        var mean = (xt - (beta / Math.Sqrt(1 - alphaBar) * predicted)) / Math.Sqrt(1 - beta);
        var trueVariance = beta * (1 - before) / (1 - alphaBar);
        var variance = Math.Exp((((v + 1) / 2) * Math.Log(beta)) + (((1 - v) / 2) * Math.Log(trueVariance)));
        const int points = 40_000;
        var (sum, width) = (0.0, 16 * Math.Sqrt(trueVariance) / points);
        for (var i = 0; i < points; i++)
        {
            var x = trueMean + ((i + 0.5 - (points / 2)) * width);
            var (p, q) = (LogDensity(x, trueMean, trueVariance), LogDensity(x, mean, variance));
            sum += width * Math.Exp(p) * (p - q) / Math.Log(2);
        }

        var term = new DiffusionObjective(Schedule, varianceWeight: 0.001).Term(t);
        Assert.Equal(1, term.LossWeight, 1e-15);
        Assert.Equal(sum, term.At(v, predicted - epsilon, x0).Bits, 1e-9 * Math.Max(1, sum));

        static double LogDensity(double x, double mean, double variance) => -0.5 * (Math.Log(2 * Math.PI * variance) + ((x - mean) * (x - mean) / variance));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Every_prediction_type_has_the_same_term(PredictionType type, int t)
    {
        const double x0 = -0.4, epsilon = 0.7, otherX0 = -0.35;
        double a = Math.Sqrt(Schedule.AlphaBar(t)), b = Math.Sqrt(1 - Schedule.AlphaBar(t)), xt = (a * x0) + (b * epsilon), otherEpsilon = (xt - (a * otherX0)) / b;
        var (target, prediction) = type switch
        {
            PredictionType.Epsilon => (epsilon, otherEpsilon),
            PredictionType.Sample => (x0, otherX0),
            _ => ((a * epsilon) - (b * x0), (a * otherEpsilon) - (b * otherX0)),
        };
        var (term, plain) = (new DiffusionObjective(Schedule, type, varianceWeight: 0.001).Term(t), new DiffusionObjective(Schedule, PredictionType.Sample, varianceWeight: 0.001).Term(t));
        Assert.Equal(x0, (term.X0FromX * xt) + (term.X0FromTarget * target), 1e-12);
        var (expected, actual) = (plain.At(0.2, otherX0 - x0, x0), term.At(0.2, prediction - target, x0));
        Assert.Equal(expected.Bits, actual.Bits, 1e-9 * Math.Max(1, expected.Bits));
        Assert.Equal(expected.Slope, actual.Slope, 1e-9 * Math.Max(1, Math.Abs(expected.Slope)));
    }

    /// <summary>What the network says of one pixel: the probabilities of its 256 levels have the sum 1, whatever its mean and variance are.</summary>
    [Theory]
    [InlineData(-1, 0.2)]
    [InlineData(1, -0.9)]
    [InlineData(20, 0.98)]
    public void The_last_step_gives_probabilities_to_levels(double v, double predicted)
    {
        var term = new DiffusionObjective(Schedule, PredictionType.Sample, varianceWeight: 0.001).Term(0);
        var sum = Enumerable.Range(0, 256).Sum(level => Math.Pow(2, -term.At(v, predicted - ((level / 127.5) - 1), (level / 127.5) - 1).Bits));
        Assert.Equal(1, sum, 1e-9);
    }

    /// <summary>The integral of the Gaussian over the level's interval; the reference's approximation of Φ is good to 3e-4.</summary>
    [Fact]
    public void The_last_step_is_a_Gaussians()
    {
        var term = new DiffusionObjective(Schedule, PredictionType.Sample, varianceWeight: 0.001).Term(0);
        var sigma = Math.Sqrt(Schedule.Beta(0));
        const double x0 = 0.1, mean = 0.106;
        var part = Enumerable.Range(0, 1000).Average(i => Math.Exp(-0.5 * Math.Pow((x0 + ((i - 499.5) / 500 / 255) - mean) / sigma, 2))) * 2 / 255 / sigma / Math.Sqrt(2 * Math.PI);
        Assert.Equal(-Math.Log2(part), term.At(1, mean - x0, x0).Bits, 1e-3);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void The_slope_is_the_derivative(PredictionType type, int t)
    {
        var term = new DiffusionObjective(Schedule, type, varianceWeight: 0.001).Term(t);
        foreach (var x0 in (double[])[-1, 0.2, 1])
        {
            foreach (var v in (double[])[-1, -0.3, 0.8, 1.4])
            {
                foreach (var error in (double[])[0, 0.3, -1.2])
                {
                    var shift = error * (t == 0 ? 0.01 / Math.Abs(term.MeanFromError) : 1);
                    const double h = 1e-5;
                    var difference = (term.At(v + h, shift, x0).Bits - term.At(v - h, shift, x0).Bits) / (2 * h);
                    Assert.Equal(difference, term.At(v, shift, x0).Slope, 2e-6 * Math.Max(1, Math.Abs(difference)));
                }
            }
        }
    }

    [Fact]
    public void A_network_without_a_variance_has_no_term() => Assert.Equal(default, new DiffusionObjective(Schedule).Term(3));
}
