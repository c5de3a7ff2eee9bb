using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Plans;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kit;

/// <summary>What a network and its derivatives gave.</summary>
internal sealed record Pullback(float[] Prediction, float[] ByX, double[] ByTimesteps)
{
    /// <summary>Σ u·m of a call, on an engine.</summary>
    public static Pullback Compute(NetworkCase network, Engine engine)
    {
        var denoiser = network.On(engine);
        using var disposed = denoiser;
        return Compute(network, denoiser, new ReferencePullback(network).U);
    }

    /// <summary>Σ u·m of a call.</summary>
    public static Pullback Compute(NetworkCase network, IDenoiser denoiser, float[] u)
    {
        var made = new Pullback(new float[u.Length], new float[network.X.Length], new double[network.Count]);
        Array.Fill(made.ByX, float.NaN);
        Differentiable.Require(denoiser).Differentiate(network.Input, made.Prediction, (_, g) => u.CopyTo(g), made.ByX, made.ByTimesteps);
        return made;
    }
}
