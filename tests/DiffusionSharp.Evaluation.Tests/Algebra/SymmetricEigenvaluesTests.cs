using DiffusionSharp.Evaluation.Algebra;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Algebra;

public class SymmetricEigenvaluesTests
{
    // The second difference on n points: 2 - 2 cos(kπ / (n + 1)).
    [Fact]
    public void Of_the_second_difference_they_are_known()
    {
        const int n = 150;
        var matrix = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            matrix[(i * n) + i] = 2;
            if (i > 0)
            {
                matrix[(i * n) + i - 1] = matrix[((i - 1) * n) + i] = -1;
            }
        }

        var found = SymmetricEigenvalues.Of(matrix, n);
        for (var k = 0; k < n; k++)
        {
            Assert.Equal(2 - (2 * Math.Cos((k + 1) * Math.PI / (n + 1))), found[k], 1e-13);
        }
    }

    [Fact]
    public void Of_a_turned_diagonal_they_are_the_diagonal()
    {
        double[] values = [.. Enumerable.Range(0, 60).Select(i => i < 20 ? 0 : i < 40 ? 1 : Math.Pow(0.5, i))];
        Assert.All(
            values.Order().Zip(SymmetricEigenvalues.Of(Features.Symmetric(Features.Orthogonal(60, 2), values), 60)),
            pair => Assert.Equal(pair.First, pair.Second, 1e-14));
    }
}
