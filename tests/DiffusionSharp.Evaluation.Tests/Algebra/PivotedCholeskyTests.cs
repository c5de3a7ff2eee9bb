using CsCheck;
using DiffusionSharp.Evaluation.Algebra;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Algebra;

public class PivotedCholeskyTests
{
    [Fact]
    public void The_factor_gives_the_matrix_back_and_its_width_is_the_rank() => Gen.Select(Gen.Int[1, 80], Gen.Int[0, 80], Gen.ULong[0, 1000]).Sample(
        (n, zeros, seed) =>
        {
            double[] eigenvalues = [.. Enumerable.Range(0, n).Select(i => i < n - zeros ? 0.1 + i : 0)];
            var s = Features.Symmetric(Features.Orthogonal(n, seed), eigenvalues);
            var (l, rank) = PivotedCholesky.Factor(s, n, "s");
            Assert.Equal(Math.Max(0, n - zeros), rank);
            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < n; j++)
                {
                    Assert.Equal(s[(i * n) + j], Enumerable.Range(0, rank).Sum(k => l[(i * rank) + k] * l[(j * rank) + k]), 1e-13 * n * n);
                }
            }
        },
        iter: 60);
}
