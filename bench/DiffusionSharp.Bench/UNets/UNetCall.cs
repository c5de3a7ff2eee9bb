using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Bench.UNets;

/// <summary>One call of a network, from host memory to host memory, always with the same numbers.</summary>
internal sealed class UNetCall
{
    private readonly ImageShape shape;
    private readonly float[] x;
    private readonly double[] t;

    public UNetCall(ImageShape shape, int batch)
    {
        this.shape = shape;
        x = new float[batch * shape.Elements];
        CounterNoise.Gaussian(5, 0, x.AsSpan());

        // As a sampler calls it: all images at the same timestep.
        t = new double[batch];
        Array.Fill(t, 500);
        Prediction = new float[x.Length];
    }

    public float[] Prediction { get; }

    public void Run(IDenoiser denoiser) =>
        denoiser.Predict(new DenoiserInput { Count = t.Length, Shape = shape, X = x, Timesteps = t }, Prediction);
}
