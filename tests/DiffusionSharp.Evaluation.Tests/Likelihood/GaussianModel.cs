using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Evaluation.Tests.Likelihood;

/// <summary>The perfect network for images whose values are N(Mean, Deviation²), each by itself: all is known in closed form.</summary>
internal sealed class GaussianModel(NoiseSchedule schedule, PredictionType type) : IDifferentiableDenoiser
{
    public const double Mean = 0.1;
    public const double Deviation = 0.3;
    private static readonly ImageShape Shape = new(3, 4, 4);

    public int OutputChannels => 3;

    public static DiffusionModel Create(NoiseSchedule schedule, PredictionType type = PredictionType.Epsilon) =>
        DiffusionModel.From(new GaussianModel(schedule, type), Shape, schedule, type);

    /// <summary>Levels of such images.</summary>
    public static byte[] Pixels(int count)
    {
        var z = new double[count * Shape.Elements];
        CounterNoise.Gaussian(5, 0, z);
        return [.. z.Select(v => (byte)Math.Clamp(Math.Round((Mean + (Deviation * v) + 1) * 127.5), 0, 255))];
    }

    /// <summary>
    /// -log₂ of the density of a value that the flow carries from N(0, 1): between the least and the most noise it stretches about the mean, by the ratio of the
    /// deviations.
    /// </summary>
    public static double FlowBits(double x, NoiseSchedule schedule)
    {
        double first = schedule.AlphaBar(0), last = schedule.AlphaBar(schedule.T - 1);
        var stretch = Math.Sqrt(Variance(last) / Variance(first));
        var end = (Math.Sqrt(last) * Mean) + (stretch * (x - (Math.Sqrt(first) * Mean)));
        return ((0.5 * ((end * end) + Math.Log(2 * Math.PI))) - Math.Log(stretch)) / Math.Log(2);
    }

    /// <summary>The variance of x at a level of noise.</summary>
    public static double Variance(double alphaBar) => (alphaBar * Deviation * Deviation) + 1 - alphaBar;

    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        for (var i = 0; i < prediction.Length; i++)
        {
            var (slope, offset) = At(input.Timesteps[i / input.Shape.Elements]);
            prediction[i] = (float)((slope * input.X[i]) + offset);
        }
    }

    public void Differentiate(DenoiserInput input, Span<float> prediction, Cotangent cotangent, Span<float> byX, Span<double> byTimesteps)
    {
        Predict(input, prediction);
        var slopes = new float[prediction.Length];
        cotangent(prediction, slopes);
        for (var i = 0; i < slopes.Length; i++)
        {
            byX[i] = (float)(slopes[i] * At(input.Timesteps[i / input.Shape.Elements]).Slope);
        }
    }

    // E[x0|x] = μ + √ᾱ·s²/(ᾱ·s²+1-ᾱ)·(x - √ᾱ·μ), and what stands for it.
    private (double Slope, double Offset) At(double t)
    {
        var alphaBar = schedule.AlphaBar(t, AlphaBarInterpolation.LogSigma);
        double a = Math.Sqrt(alphaBar), b = Math.Sqrt(1 - alphaBar), part = a * Deviation * Deviation / Variance(alphaBar);
        var (slope, offset) = (part, Mean - (part * a * Mean));
        return type switch
        {
            PredictionType.Sample => (slope, offset),
            PredictionType.Epsilon => ((1 - (a * slope)) / b, -a * offset / b),
            _ => (((a * (1 - (a * slope))) / b) - (b * slope), (-a * a * offset / b) - (b * offset)),
        };
    }
}
