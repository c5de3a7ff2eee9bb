namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>The likelihood by the probability flow.</summary>
public sealed class FlowLikelihoodResult
{
    internal FlowLikelihoodResult(double[] bits, double[] prior, double calls) => (Total, Prior, CallsPerImage) = (new BitsPerDimension(bits), prior.Average(), calls);

    /// <summary>Of the levels 0…255, dequantised.</summary>
    public BitsPerDimension Total { get; }

    /// <summary>The part of x_T under N(0, 1): the mean over all images, bits per dimension.</summary>
    public double Prior { get; }

    /// <summary>Network calls with gradients, of an image on average.</summary>
    public double CallsPerImage { get; }
}
