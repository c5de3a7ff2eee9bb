namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>
/// The Fréchet distance of two Gaussians (Dowson and Landau 1982), which between features of Inception is the FID (Heusel et al. 2017, equation 6):
/// |μ₁ - μ₂|² + tr Σ₁ + tr Σ₂ - 2 tr (Σ₁Σ₂)^½.
/// </summary>
/// <remarks>
/// With Σ₁ = L₁L₁ᵀ and Σ₂ = L₂L₂ᵀ, L as wide as Σ has rank, the eigenvalues of Σ₁Σ₂ besides zeros are those of AAᵀ, A = L₁ᵀL₂: one symmetric
/// eigenproblem, as large as the lower rank, in which no null space of a covariance is left to be made something of by rounding.
/// </remarks>
public static class FrechetDistance
{
    /// <summary>The distance of two sets.</summary>
    /// <param name="first">Mean and covariance of one.</param>
    /// <param name="second">Of the other.</param>
    /// <returns>At least 0: what rounding leaves below counts as 0.</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: other dimensions, or no covariance.</exception>
    public static double Compute(FeatureStatistics first, FeatureStatistics second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        FeatureErrors.RequireSameDimension(first.Name, first.Dimension, second.Name, second.Dimension);
        return new FrechetReference(first).DistanceTo(second);
    }
}
