namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>The bound and what it is made of: means over all images, in bits per dimension.</summary>
public sealed class VariationalBoundResult
{
    internal VariationalBoundResult(double[] total, double prior, IReadOnlyList<VariationalBoundTerm> terms) => (Total, Prior, Terms) = (new BitsPerDimension(total), prior, terms);

    /// <summary>Prior and all terms together.</summary>
    public BitsPerDimension Total { get; }

    /// <summary>What is left of the image in x_T: KL(q(x_T|x_0) | N(0, 1)).</summary>
    public double Prior { get; }

    /// <summary>The terms, from the one that ends in the image (t = 0) on.</summary>
    public IReadOnlyList<VariationalBoundTerm> Terms { get; }
}
