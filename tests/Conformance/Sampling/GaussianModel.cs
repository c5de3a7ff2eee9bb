using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;

namespace Conformance.Sampling;

/// <summary>
/// The exact network of images x0 ~ N(μ, c²) with independent elements: then x_t ~ N(√ᾱ·μ, v) with v = ᾱ·c² + 1-ᾱ, the network's output is
/// linear in x, and (x - √ᾱ·μ)/√v stays the same along the probability-flow ODE. c = 0 is one known image.
/// </summary>
/// <param name="channels">Channels of an image.</param>
/// <param name="type">What the network returns.</param>
/// <param name="alphaBar">ᾱ of the t it is called with.</param>
/// <param name="mean">μ of the i-th element of an image.</param>
/// <param name="deviation">c.</param>
internal sealed class GaussianModel(int channels, PredictionType type, Func<double, double> alphaBar, Func<int, double> mean, double deviation) : IDenoiser
{
    public int OutputChannels => channels;

    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        var elements = input.Shape.Elements;
        for (var i = 0; i < input.X.Length; i++)
        {
            var level = alphaBar(input.Timesteps[i / elements]);
            double a = Math.Sqrt(level), b = Math.Sqrt(1 - level);
            var score = (input.X[i] - (a * mean(i % elements))) / Variance(level);
            double epsilon = b * score, x0 = mean(i % elements) + (a * deviation * deviation * score);
            prediction[i] = (float)(type switch
            {
                PredictionType.Epsilon => epsilon,
                PredictionType.Sample => x0,
                _ => (a * epsilon) - (b * x0),
            });
        }
    }

    /// <summary>Where the ODE leads from x at one level.</summary>
    public double Solve(double x, int element, double from, double to) =>
        (Math.Sqrt(to) * mean(element)) + (Math.Sqrt(Variance(to) / Variance(from)) * (x - (Math.Sqrt(from) * mean(element))));

    /// <summary>The variance of x at a level.</summary>
    public double Variance(double level) => (level * deviation * deviation) + 1 - level;
}
