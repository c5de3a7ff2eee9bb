using System.Diagnostics;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Bench.Ratios;

/// <summary>Counts the time spent inside another denoiser.</summary>
internal sealed class TimedDenoiser(IDenoiser inner) : IDenoiser
{
    public TimeSpan Inside { get; private set; }

    public int OutputChannels => inner.OutputChannels;

    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        var start = Stopwatch.GetTimestamp();
        inner.Predict(input, prediction);
        Inside += Stopwatch.GetElapsedTime(start);
    }
}
