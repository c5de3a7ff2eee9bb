using DiffusionSharp;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;

/// <summary>
/// DDIM, written out: the schedule, τ and the loop, with no plan and no sampler. For readers; the equations are those of docs/derivation.md. A test
/// holds it against Sampler.Run.
/// </summary>
internal static class DdimByHand
{
    /// <summary>One image, [C, H, W], about [-1, 1].</summary>
    /// <param name="network">Predicts the noise ε; trained with T = 1000 and linear β from 1e-4 to 0.02.</param>
    /// <param name="shape">The image's.</param>
    /// <param name="seed">Decides x_T, and the noise of each step.</param>
    /// <param name="S">Steps, each a call of the network, in [1, 1000].</param>
    /// <param name="eta">0: DDIM, deterministic; 1: DDPM.</param>
    public static double[] Sample(IDenoiser network, ImageShape shape, ulong seed, int S, double eta)
    {
        const int T = 1000;

        // The schedule: ᾱ_t = Π (1 - β), and ᾱ of the clean image is 1.
        var alphaBar = new Dictionary<int, double> { [-1] = 1 };
        for (var t = 0; t < T; t++)
        {
            alphaBar[t] = alphaBar[t - 1] * (1 - (1e-4 + ((0.02 - 1e-4) * t / (T - 1))));
        }

        // τ: S of the T timesteps, evenly spaced, from the noisiest down to the clean image.
        int[] tau = [.. Enumerable.Range(0, S).Select(i => ((S - i) * T / S) - 1), -1];

        double[] x = new double[shape.Elements], z = new double[x.Length];
        var epsilon = new float[x.Length];
        CounterNoise.Gaussian(seed, stream: -1, x);
        for (var i = 0; i < S; i++)
        {
            int t = tau[i], s = tau[i + 1];
            network.Predict(new DenoiserInput { Count = 1, Shape = shape, X = Array.ConvertAll(x, v => (float)v), Timesteps = [t] }, epsilon);
            CounterNoise.Gaussian(seed, stream: i, z);
            var sigma = eta * Math.Sqrt((1 - alphaBar[s]) / (1 - alphaBar[t]) * (1 - (alphaBar[t] / alphaBar[s])));
            for (var j = 0; j < x.Length; j++)
            {
                var x0 = (x[j] - (Math.Sqrt(1 - alphaBar[t]) * epsilon[j])) / Math.Sqrt(alphaBar[t]);
                x[j] = (Math.Sqrt(alphaBar[s]) * x0) + (Math.Sqrt(1 - alphaBar[s] - (sigma * sigma)) * epsilon[j]) + (sigma * z[j]);
            }
        }

        return x;
    }
}
