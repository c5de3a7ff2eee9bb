using DiffusionSharp.Networks;

namespace DiffusionSharp.Tests.Sampling;

/// <summary>A function of (x, t) per element; records what it was called with.</summary>
internal sealed class FakeDenoiser(int channels, Func<float, double, float> f) : IDenoiser
{
    public int OutputChannels => channels;

    public List<double> Timesteps { get; } = [];

    public List<int[]> Labels { get; } = [];

    public List<int> Counts { get; } = [];

    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        input.CancellationToken.ThrowIfCancellationRequested();
        Timesteps.Add(input.Timesteps[0]);
        Labels.Add(input.Labels.ToArray());
        Counts.Add(input.Count);
        var elements = input.Shape.Elements;
        var stride = prediction.Length / input.Count;
        prediction.Fill(float.PositiveInfinity);
        for (var i = 0; i < input.X.Length; i++)
        {
            prediction[(i / elements * stride) + (i % elements)] = f(input.X[i], input.Timesteps[i / elements]);
        }
    }
}
