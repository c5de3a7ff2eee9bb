using CsCheck;
using DiffusionSharp.Evaluation.Products;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Products;

public unsafe class PanelTileTests
{
    // As many as the widest panel has.
    private const int Columns = 32;

    [Fact]
    public void Every_width_of_vectors_gives_the_bits_of_a_chain_of_fused_multiply_adds() => Gen.Select(Gen.Int[0, 300], Gen.ULong[0, 1000]).Sample(
        (k, seed) =>
        {
            double[] a = Features.Normal(k, Columns, seed), b = Features.Normal(k, Columns, seed + 1), c = Features.Normal(Columns, Columns, seed + 2);
            var expected = new double[Columns * Columns];
            for (var i = 0; i < Columns; i++)
            {
                for (var j = 0; j < Columns; j++)
                {
                    var sum = c[(i * Columns) + j];
                    for (var p = 0; p < k; p++)
                    {
                        sum = Math.FusedMultiplyAdd(a[(p * Columns) + i], b[(p * Columns) + j], sum);
                    }

                    expected[(i * Columns) + j] = sum;
                }
            }

            Assert.Equal(expected, Product<Lanes128<double>, double>(a, b, c, k));
            Assert.Equal(expected, Product<Lanes256<double>, double>(a, b, c, k));
            Assert.Equal(expected, Product<Lanes512<double>, double>(a, b, c, k));
        },
        iter: 20,
        threads: 1);

    [Fact]
    public void Float32_has_the_same_bits_in_every_width() => Gen.Select(Gen.Int[0, 300], Gen.ULong[0, 1000]).Sample(
        (k, seed) =>
        {
            float[] a = Singles(k, seed), b = Singles(k, seed + 1), c = Singles(Columns, seed + 2);
            var expected = new float[Columns * Columns];
            for (var i = 0; i < Columns; i++)
            {
                for (var j = 0; j < Columns; j++)
                {
                    var sum = c[(i * Columns) + j];
                    for (var p = 0; p < k; p++)
                    {
                        sum = MathF.FusedMultiplyAdd(a[(p * Columns) + i], b[(p * Columns) + j], sum);
                    }

                    expected[(i * Columns) + j] = sum;
                }
            }

            Assert.Equal(expected, Product<Lanes128<float>, float>(a, b, c, k));
            Assert.Equal(expected, Product<Lanes256<float>, float>(a, b, c, k));
            Assert.Equal(expected, Product<Lanes512<float>, float>(a, b, c, k));
        },
        iter: 20,
        threads: 1);

    private static float[] Singles(int rows, ulong seed) => Array.ConvertAll(Features.Normal(rows, Columns, seed), v => (float)v);

    // C + AᵀB of matrices with 32 columns, panel by panel.
    private static T[] Product<V, T>(T[] a, T[] b, T[] c, int k)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        var width = 2 * V.Count;
        var result = new T[Columns * Columns];
        T[] left = new T[Math.Max(1, k * width)], right = new T[Math.Max(1, k * width)], square = new T[width * width];
        for (var i = 0; i < Columns; i += width)
        {
            for (var j = 0; j < Columns; j += width)
            {
                Take(a, k, i, width, left);
                Take(b, k, j, width, right);
                Take(c[(i * Columns)..], width, j, width, square);
                fixed (T* l = left, r = right, s = square)
                {
                    PanelTile.Multiply<V, T>(l, r, k, s);
                }

                for (var row = 0; row < width; row++)
                {
                    square.AsSpan(row * width, width).CopyTo(result.AsSpan(((i + row) * Columns) + j));
                }
            }
        }

        return result;
    }

    private static void Take<T>(T[] matrix, int rows, int column, int width, T[] panel)
    {
        for (var row = 0; row < rows; row++)
        {
            matrix.AsSpan((row * Columns) + column, width).CopyTo(panel.AsSpan(row * width));
        }
    }
}
