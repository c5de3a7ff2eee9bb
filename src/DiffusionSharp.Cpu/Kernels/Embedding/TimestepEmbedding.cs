using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Kernels.Embedding;

/// <summary>Sines and cosines of each condition's timestep, or of its label.</summary>
internal sealed unsafe class TimestepEmbedding(Operation.TimestepEmbedding embedding, bool ofLabel, Segment output) : IStep
{
    private readonly double[] frequencies = Sinusoid.Frequencies(embedding.Dimension, embedding.FreqShift, embedding.MaxPeriod);

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        var half = frequencies.Length;
        var (sin, cos) = embedding.FlipSinToCos ? (half, 0) : (0, half);
        for (var i = 0; i < workspace.Conditions; i++)
        {
            var y = new Span<float>(workspace.Pointer(output.Buffer) + ((nint)i * output.Stride), output.Stride);
            y.Clear();
            var value = embedding.Scale * (ofLabel ? workspace.Inputs.Labels[i] : workspace.Inputs.Timesteps[i]);
            for (var k = 0; k < half; k++)
            {
                var (s, c) = Sinusoid.SinCos(value * frequencies[k]);
                (y[sin + k], y[cos + k]) = ((float)s, (float)c);
            }
        }
    }
}
