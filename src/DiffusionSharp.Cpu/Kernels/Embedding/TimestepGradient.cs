using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Kernels.Embedding;

/// <summary>
/// Adds a gradient of the timesteps to the caller's, in float64: with f the frequencies by the scale, that of sin(f·t) is f·cos(f·t), that of
/// cos(f·t) is -f·sin(f·t), added in the order of the frequencies.
/// </summary>
/// <param name="gradient">That of the timesteps, or of their sines and cosines; a row for each image.</param>
/// <param name="embedding">The sines and cosines, or null.</param>
internal sealed unsafe class TimestepGradient(Segment gradient, Operation.TimestepEmbedding? embedding) : IStep
{
    private readonly double[] frequencies = embedding is null ? [] : Sinusoid.Frequencies(embedding.Dimension, embedding.FreqShift, embedding.MaxPeriod);

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        for (var image = 0; image < workspace.Images; image++)
        {
            var g = workspace.Pointer(gradient.Buffer) + ((nint)image * gradient.Stride);
            workspace.Gradients.Timesteps[image] += embedding is null ? g[0] : SinusoidGradient(embedding, g, workspace.Inputs.Timesteps[image]);
        }
    }

    private double SinusoidGradient(Operation.TimestepEmbedding of, float* g, double t)
    {
        var (sum, half) = (0.0, frequencies.Length);
        var (sin, cos) = of.FlipSinToCos ? (half, 0) : (0, half);
        for (var k = 0; k < half; k++)
        {
            var (s, c) = Sinusoid.SinCos(of.Scale * t * frequencies[k]);
            sum += frequencies[k] * ((g[sin + k] * c) - (g[cos + k] * s));
        }

        return of.Scale * sum;
    }
}
