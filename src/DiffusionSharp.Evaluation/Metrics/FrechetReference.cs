using DiffusionSharp.Evaluation.Algebra;
using DiffusionSharp.Evaluation.Products;

namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>Statistics with their covariance factored, Σ = LLᵀ with L as wide as Σ has rank, for distances to several others.</summary>
internal sealed class FrechetReference
{
    // What rounding makes of an eigenvalue that is zero is at most this part of the largest.
    private const double Zero = 1e-15;

    private readonly FeatureStatistics statistics;
    private readonly double[] factor;
    private readonly int rank;

    public FrechetReference(FeatureStatistics statistics)
    {
        this.statistics = statistics;
        (factor, rank) = PivotedCholesky.Factor(statistics.CovarianceMemory, statistics.Dimension, statistics.Name);
    }

    /// <summary>|μ₁ - μ₂|² + tr Σ₁ + tr Σ₂ - 2 tr (Σ₁Σ₂)^½; at least 0.</summary>
    public double DistanceTo(FeatureStatistics other)
    {
        var means = FixedLanes.SquaredDistance(statistics.Mean, other.Mean);
        return Math.Max(0, means + statistics.Trace + other.Trace - (2 * TraceOfRoot(new FrechetReference(other))));
    }

    // The eigenvalues of Σ₁Σ₂ besides zeros are those of AAᵀ and of AᵀA, A = L₁ᵀL₂: the smaller is taken.
    private double TraceOfRoot(FrechetReference other)
    {
        var (small, large) = rank <= other.rank ? (this, other) : (other, this);
        var a = OuterProducts.Multiply(large.factor, small.factor, statistics.Dimension, large.rank, small.rank);
        var eigenvalues = SymmetricEigenvalues.Of(OuterProducts.Multiply(a, a, large.rank, small.rank, small.rank), small.rank);
        var least = Zero * eigenvalues.LastOrDefault();
        return eigenvalues.Where(v => v > least).Sum(Math.Sqrt);
    }
}
