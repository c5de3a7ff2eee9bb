using DiffusionSharp.Noise;

namespace DiffusionSharp.Torch.Checks;

/// <summary>Numbers for a convolution: input, weights, and what the output's gradient is.</summary>
internal sealed record ConvolutionInputs(ConvolutionCase Case, float[] Input, float[] Weights, float[] OutputGradient)
{
    /// <summary>The same normal numbers each time.</summary>
    public static ConvolutionInputs Create(ConvolutionCase c)
    {
        return new(c, Noise(0, c.Input), Noise(1, c.Weights), Noise(2, c.Output));

        static float[] Noise(int stream, long[] shape)
        {
            var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
            CounterNoise.Gaussian(0, stream, values.AsSpan());
            return values;
        }
    }
}
