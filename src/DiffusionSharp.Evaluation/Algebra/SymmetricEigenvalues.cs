using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace DiffusionSharp.Evaluation.Algebra;

/// <summary>The eigenvalues of a symmetric matrix, by MathNet's managed tridiagonalisation and QL iteration.</summary>
internal static class SymmetricEigenvalues
{
    /// <summary>The eigenvalues, ascending.</summary>
    /// <param name="matrix">n × n, symmetric.</param>
    /// <param name="n">Its size.</param>
    public static double[] Of(double[] matrix, int n) =>
        n == 0 ? [] : [.. new DenseMatrix(n, n, matrix).Evd(Symmetricity.Symmetric).EigenValues.Select(v => v.Real).Order()];
}
