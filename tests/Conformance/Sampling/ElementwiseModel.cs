using DiffusionSharp.Networks;
using TestKit;

namespace Conformance.Sampling;

/// <summary>A network that is a function of one element and t.</summary>
internal sealed class ElementwiseModel(int channels, Func<double, double, double> f) : IDenoiser
{
    /// <summary>The model that a 05_diffusers case names.</summary>
    public static ElementwiseModel FromCase(GoldenCase golden, int channels)
    {
        Assert.StartsWith("model(x, t) = 0.3*sin(3*x + t/250) + 0.1*x, elementwise", golden.Json.GetProperty("fake_model").GetString(), StringComparison.Ordinal);
        return Sine(channels);
    }

    /// <summary>The model of the 05_diffusers and 11_dpm_solver_official cases.</summary>
    public static ElementwiseModel Sine(int channels) => new(channels, (x, t) => (0.3 * Math.Sin((3 * x) + (t / 250))) + (0.1 * x));

    public int OutputChannels => channels;

    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        for (var i = 0; i < input.X.Length; i++)
        {
            prediction[i] = (float)f(input.X[i], input.Timesteps[i / input.Shape.Elements]);
        }
    }
}
