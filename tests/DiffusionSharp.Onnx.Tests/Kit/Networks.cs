using DiffusionSharp.Cli.Parts;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Onnx.Tests.Kit;

/// <summary>Networks with weights of which none is zero, and calls of them.</summary>
internal static class Networks
{
    public static Func<ParameterSpec, HostTensor> Weights(NetworkGraph graph, ulong seed = 1)
    {
        var all = Initializer.Create(graph, seed);
        foreach (var (k, tensor) in all.Values.Index())
        {
            var noise = Noise(tensor.Data.Length, seed + 1000 + (ulong)k);
            for (var i = 0; i < noise.Length; i++)
            {
                tensor.Data[i] += 0.1f * noise[i];
            }
        }

        return p => all[p.Name];
    }

    public static float[] Noise(int count, ulong seed = 9)
    {
        var values = new float[count];
        CounterNoise.Gaussian(seed, 0, values.AsSpan());
        return values;
    }

    /// <summary>One call with the first images of some noise.</summary>
    public static float[] Predict(IDenoiser denoiser, NetworkGraph graph, double[] t, int[] labels, float[]? x = null)
    {
        x ??= Noise(t.Length * graph.InputShape.Elements);
        var prediction = new float[t.Length * graph.OutputShape.Elements];
        denoiser.Predict(new DenoiserInput { Count = t.Length, Shape = graph.InputShape, X = x, Timesteps = t, Labels = labels }, prediction);
        return prediction;
    }

    /// <summary>What the Torch engine returns.</summary>
    public static float[] Torch(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights, double[] t, int[] labels)
    {
        using var denoiser = new TorchDenoiser(graph, weights);
        return Predict(denoiser, graph, t, labels);
    }

    /// <summary>What ONNX Runtime returns for an exported file.</summary>
    public static float[] OnnxRuntime(string file, NetworkGraph graph, double[] t, int[] labels)
    {
        using var denoiser = new OnnxRuntimeModel(file, threads: 1);
        return Predict(denoiser, graph, t, labels);
    }

    /// <summary>Fails where max|a - e| / max|e| is above the bound.</summary>
    public static void AssertNear(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double bound = 1e-4)
    {
        Assert.Equal(expected.Length, actual.Length);
        var (difference, scale) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(float.IsFinite(actual[i]), $"value {i} is {actual[i]}");
            difference = Math.Max(difference, Math.Abs((double)actual[i] - expected[i]));
            scale = Math.Max(scale, Math.Abs(expected[i]));
        }

        Assert.True(difference <= bound * scale, $"{difference:E2} apart, of {scale:E2}");
    }
}
