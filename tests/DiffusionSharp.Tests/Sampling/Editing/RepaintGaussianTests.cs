using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Editing;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Editing;

/// <summary>
/// Two pixels of variance 1 and correlation ρ, for which the best network is linear. One is known to be 1, so the other is Gaussian around ρ
/// with variance 1-ρ²: what an inpainting should paint.
/// </summary>
public class RepaintGaussianTests
{
    private const double Rho = 0.8;

    private static SamplingPlan Plan(int steps, int length, int resamples) => RepaintPlan.Create(
        NoiseLevels.FromTimesteps(NoiseSchedule.Linear(), Timesteps.Uniform(1000, steps)), new DdimOptions { Eta = 1 }, new JumpSchedule(length, resamples));

    // In closed form: the mean and variance of the painted pixel through all steps. Without jumps it ends far off (0.50); jumps bring it home.
    [Fact]
    public void With_many_jumps_the_painted_pixel_is_what_its_neighbour_says()
    {
        double[] errors = [.. new[] { 1, 2, 5, 20, 100 }.Select(r => Math.Abs(Painted(Plan(250, 1, r)).Mean - Rho))];

        Assert.All(errors.Zip(errors.Skip(1)), p => Assert.True(p.Second < p.First * 0.6, $"the errors are {string.Join(", ", errors)}"));
        Assert.InRange(errors[0], 0.25, 0.35);
        Assert.InRange(errors[^1], 0, 0.01);
        var (mean, variance) = Painted(Plan(250, 10, 20));
        Assert.Equal(Rho, mean, 0.03);
        Assert.Equal(1 - (Rho * Rho), variance, 0.05);
    }

    // The same numbers from the sampler itself, as the average of 4000 images.
    [Fact]
    public void The_sampler_paints_what_the_closed_form_says()
    {
        const int count = 4000;
        var plan = Plan(10, 2, 3);
        var known = new double[2 * count];
        var mask = new double[2 * count];
        for (var i = 0; i < count; i++)
        {
            (known[2 * i], mask[(2 * i) + 1]) = (1, 1);
        }

        var result = Sampler.Run(new TwoPixels(), plan, new SamplerRequest
        {
            Shape = new ImageShape(1, 1, 2),
            Count = count,
            Noise = NoiseSource.FromSeeds([.. Enumerable.Range(0, count).Select(i => (ulong)i)]),
            Inpainting = new Inpainting(known, mask),
            BatchSize = count,
        });

        double[] painted = [.. Enumerable.Range(0, count).Select(i => result.Values[(2 * i) + 1])];
        var (mean, variance) = Painted(plan);
        Assert.Equal(mean, painted.Average(), 4 * Math.Sqrt(variance / count));
        Assert.Equal(variance, painted.Average(v => (v - mean) * (v - mean)), 4 * variance * Math.Sqrt(2.0 / count));
        Assert.All(Enumerable.Range(0, count), i => Assert.Equal(1, result.Values[2 * i]));
    }

    // x' = A·x + σ·z with A = [[p, q], [q, p]]; then the known pixel is drawn anew, independent of the painted one.
    private static (double Mean, double Variance) Painted(SamplingPlan plan)
    {
        var ((known, painted), (knownVariance, covariance, variance)) = ((0.0, 0.0), (1.0, 0.0, 1.0));
        foreach (var s in plan.Steps)
        {
            double plus = Slope(s, 1 + Rho), minus = Slope(s, 1 - Rho), p = (plus + minus) / 2, q = (plus - minus) / 2;
            (known, painted) = ((p * known) + (q * painted), (q * known) + (p * painted));
            (knownVariance, covariance, variance) = (
                (p * p * knownVariance) + (2 * p * q * covariance) + (q * q * variance) + (s.Sigma * s.Sigma),
                (p * q * (knownVariance + variance)) + (((p * p) + (q * q)) * covariance),
                (q * q * knownVariance) + (2 * p * q * covariance) + (p * p * variance) + (s.Sigma * s.Sigma));
            if (s.Blends)
            {
                (known, knownVariance, covariance) = (Math.Sqrt(s.AlphaBarTo), 1 - s.AlphaBarTo, 0);
            }
        }

        return (painted, variance);
    }

    // The step's factor along an eigenvector of the pixels' covariance.
    private static double Slope(SamplingStep s, double eigenvalue)
    {
        var epsilon = s.Timestep is null ? 0 : Epsilon(s.AlphaBarFrom, eigenvalue);
        return s.X + (s.M * epsilon) + (s.X0 * (s.X0FromX + (s.X0FromM * epsilon)));
    }

    // E[ε|x] = √(1-ᾱ)·x/(ᾱ·λ + 1-ᾱ).
    private static double Epsilon(double alphaBar, double eigenvalue) => Math.Sqrt(1 - alphaBar) / ((alphaBar * eigenvalue) + 1 - alphaBar);

    private sealed class TwoPixels : IDenoiser
    {
        private readonly NoiseSchedule schedule = NoiseSchedule.Linear();

        public int OutputChannels => 1;

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            var alphaBar = schedule.AlphaBar((int)input.Timesteps[0]);
            double plus = Epsilon(alphaBar, 1 + Rho), minus = Epsilon(alphaBar, 1 - Rho);
            for (var i = 0; i < input.X.Length; i += 2)
            {
                double sum = plus * (input.X[i] + input.X[i + 1]) / 2, difference = minus * (input.X[i] - input.X[i + 1]) / 2;
                (prediction[i], prediction[i + 1]) = ((float)(sum + difference), (float)(sum - difference));
            }
        }
    }
}
