using CsCheck;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Solvers;

public class DeisPlanTests
{
    private static readonly Gen<NoiseLevels> AnyLevels = Gen.Select(Gen.Double[-4, 0], Gen.Double[0.1, 1.5].Array[4]).Select((first, h) =>
    {
        double[] lambda = [first, first + h[0], first + h[0] + h[1], first + h[0] + h[1] + h[2]];
        NoiseLevel[] levels = [.. lambda.Select((l, i) => new NoiseLevel(9 - i, 1 / (1 + Math.Exp(-2 * l))))];
        return NoiseLevels.Custom(10, 1 / (1 + Math.Exp(-2 * (lambda[3] + h[3]))), levels);
    });

    // DEIS, equation 15: C_j is the integral of a Lagrange polynomial, here by Simpson's rule.
    [Fact]
    public void The_coefficients_are_integrals_of_Lagrange_polynomials() => Gen.Select(AnyLevels, Gen.Int[2, 4]).Sample((levels, order) =>
    {
        double[] nodes = [.. Enumerable.Range(0, order).Select(j => levels[3 - j].Lambda)];
        double from = nodes[0], to = NoiseLevel.LambdaOf(levels.FinalAlphaBar);
        var expected = Enumerable.Range(1, order - 1).Select(j => Simpson(from, to, lambda =>
            Enumerable.Range(0, order).Where(i => i != j).Aggregate(1.0, (p, i) => p * (lambda - nodes[i]) / (nodes[j] - nodes[i]))
            * -Math.Exp(-lambda)));
        Assert.All(expected.Zip(DeisPlan.Coefficients(levels, 3, order)), p => Assert.Equal(p.First, p.Second, 1e-8 * Math.Exp(-from)));
    }, iter: 100);

    [Fact]
    public void Coefficients_solve_their_moments() => Gen.Int[1, 4].SelectMany(n => Gen.Select(Gen.Double[0.1, 1].Array[n], Gen.Double[-1, 1].Array[n])).Sample((gaps, weights) =>
    {
        double[] x = [.. gaps.Select((_, i) => gaps.Take(i + 1).Sum() - 1)];
        double[] b = [.. x.Select((_, i) => x.Select((v, j) => weights[j] * Math.Pow(v, i)).Sum())];
        Vandermonde.Solve(x, b);
        Assert.All(b.Zip(weights), p => Assert.Equal(p.Second, p.First, 1e-9));
    });

    private static double Simpson(double from, double to, Func<double, double> f)
    {
        const int N = 400;
        var h = (to - from) / N;
        return h / 3 * Enumerable.Range(0, N + 1).Sum(i => f(from + (i * h)) * (i is 0 or N ? 1 : i % 2 == 1 ? 4 : 2));
    }
}
