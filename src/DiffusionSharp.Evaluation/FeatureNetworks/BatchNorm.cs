namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>
/// A batch norm y = γ·(x - μ)/√(σ² + ε) + β with fixed μ and σ² behind a convolution without a bias, as a part of it: its weights become w·γ/√(σ² + ε), its bias
/// β - μ·γ/√(σ² + ε), in float64, rounded once.
/// </summary>
/// <param name="Gamma">γ, [C].</param>
/// <param name="Beta">β, [C].</param>
/// <param name="Mean">μ, [C].</param>
/// <param name="Variance">σ², [C].</param>
/// <param name="Epsilon">ε.</param>
internal sealed record BatchNorm(float[] Gamma, float[] Beta, float[] Mean, float[] Variance, double Epsilon)
{
    /// <summary>The convolution's weights with it, [C, …].</summary>
    public HostTensor Weight(HostTensor weight)
    {
        var (folded, each) = (new float[weight.Data.Length], weight.Data.Length / Gamma.Length);
        for (var i = 0; i < folded.Length; i++)
        {
            folded[i] = (float)(weight.Data[i] * Factor(i / each));
        }

        return new HostTensor([.. weight.Shape], folded);
    }

    /// <summary>The convolution's bias with it, [C].</summary>
    public HostTensor Bias()
    {
        var bias = new float[Beta.Length];
        for (var c = 0; c < bias.Length; c++)
        {
            bias[c] = (float)(Beta[c] - (Mean[c] * Factor(c)));
        }

        return new HostTensor([bias.Length], bias);
    }

    private double Factor(int channel) => Gamma[channel] / Math.Sqrt(Variance[channel] + Epsilon);
}
