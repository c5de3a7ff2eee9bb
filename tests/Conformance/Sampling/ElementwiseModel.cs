using DiffusionSharp.Sampling;

namespace Conformance.Sampling;

/// <summary>A network that is a function of one element and t.</summary>
internal sealed class ElementwiseModel(int channels, Func<double, double, double> f) : IDenoiser
{
    /// <summary>The model of the 05_diffusers cases.</summary>
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
