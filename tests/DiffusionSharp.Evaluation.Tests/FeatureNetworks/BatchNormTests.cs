using DiffusionSharp.Evaluation.FeatureNetworks;

namespace DiffusionSharp.Evaluation.Tests.FeatureNetworks;

public class BatchNormTests
{
    // A convolution of one place: γ·(w·x - μ)/√(σ² + ε) + β.
    [Fact]
    public void A_folded_norm_computes_the_same()
    {
        var norm = new BatchNorm([1.5f, -0.3f], [0.2f, 0.7f], [-3, 40], [0.01f, 900], 0.001);
        float[] weight = [2, -1, 0.5f, 3], x = [0.7f, -5];
        var (folded, bias) = (norm.Weight(new HostTensor([2, 2, 1, 1], weight)).Data, norm.Bias().Data);
        for (var c = 0; c < 2; c++)
        {
            var sum = (weight[2 * c] * (double)x[0]) + (weight[(2 * c) + 1] * (double)x[1]);
            var expected = (norm.Gamma[c] * (sum - norm.Mean[c]) / Math.Sqrt(norm.Variance[c] + norm.Epsilon)) + norm.Beta[c];
            Assert.Equal(expected, (folded[2 * c] * x[0]) + (folded[(2 * c) + 1] * x[1]) + bias[c], 1e-5 * Math.Abs(expected));
        }
    }
}
