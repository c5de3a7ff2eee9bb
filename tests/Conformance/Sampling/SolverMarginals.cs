using DiffusionSharp;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace Conformance.Sampling;

/// <summary>
/// Solvers that add noise: the mean and the variance of what they sample, exact instead of estimated. For images that are Gaussian the whole
/// chain is linear in x_T and in the noise of each step. So one run is given, element by element, what its parts are made of: element 0 is the
/// mean, element 1 the standard deviation of x_T, element 2+k the unit noise of step k alone. The variance is the sum of squares.
/// </summary>
public class SolverMarginals
{
    private const double Mean = 0.3;

    public static TheoryData<Solver, PredictionType> Stochastic => [.. SolverCase.All
        .Where(c => c.AddsNoise)
        .SelectMany(c => Enum.GetValues<PredictionType>().Select(type => (c.Solver, type)))];

    [Theory]
    [MemberData(nameof(Stochastic))]
    public void Converges_with_its_order(Solver solver, PredictionType type) =>
        Slope.AtLeast(SolverCase.Get(solver).LeastSlope, steps => Error(solver, type, steps, deviation: 0.5), $"{solver}, {type}");

    // The DDIM paper's lemma 1, for a whole chain: q(x_s|x0) is kept at every step, at any S.
    [Theory]
    [MemberData(nameof(Stochastic))]
    public void Of_one_image_it_is_exact(Solver solver, PredictionType type)
    {
        foreach (var steps in (int[])[1, 2, 3, 10, 40])
        {
            Assert.Equal(0, Error(solver, type, steps, deviation: 0), 3e-6);
        }
    }

    private static double Error(Solver solver, PredictionType type, int steps, double deviation)
    {
        var plan = SolverPlan.Create(solver, LambdaGrid.Levels(steps), new DdimOptions { PredictionType = type });
        var model = new GaussianModel(1, type, LambdaGrid.AlphaBar, i => i == 0 ? Mean : 0, deviation);
        var parts = new double[plan.Steps.Count + 2];
        var noise = new float[plan.Steps.Count * parts.Length];
        parts[0] = Math.Sqrt(LambdaGrid.From) * Mean;
        parts[1] = Math.Sqrt(model.Variance(LambdaGrid.From));
        for (var k = 0; k < plan.Steps.Count; k++)
        {
            noise[(k * parts.Length) + 2 + k] = 1;
        }

        var shape = new ImageShape(1, 1, parts.Length);
        var x = Sampler.Run(model, plan, new SamplerRequest
        {
            Shape = shape,
            Count = 1,
            Noise = NoiseSource.Recorded(noise, plan.Steps.Count, 1, shape),
            InitialX = parts,
        }).Values;
        var mean = x[0] - (Math.Sqrt(LambdaGrid.To) * Mean);
        var spread = Math.Sqrt(x.Skip(1).Sum(v => v * v)) - Math.Sqrt(model.Variance(LambdaGrid.To));
        return Math.Max(Math.Abs(mean), Math.Abs(spread));
    }
}
