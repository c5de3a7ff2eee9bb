using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels;

public unsafe class OuterTileTests
{
    [Fact]
    public void Each_element_is_a_chain_of_fused_multiply_adds_in_the_order_of_k()
    {
        Multiplies<Simd128>();
        Multiplies<Simd256>();
        Multiplies<Simd512>();
    }

    private static void Multiplies<T>()
        where T : unmanaged, ISimd<T>
    {
        var random = new Random(1);
        for (var round = 0; round < 120; round++)
        {
            var (rows, k, accumulate, columns) = (1 + (round % 30), random.Next(1, 71), random.Next(2) == 0, 2 * T.Width);
            var (aStep, bRow, cRow) = (rows + random.Next(5), columns + random.Next(5), columns + random.Next(5));
            float[] a = Draw(k * aStep), b = Draw(k * bRow), c = Draw(rows * cRow);
            var expected = (float[])c.Clone();
            for (var i = 0; i < rows * columns; i++)
            {
                var (row, column) = Math.DivRem(i, columns);
                var sum = accumulate ? c[(row * cRow) + column] : 0;
                for (var p = 0; p < k; p++)
                {
                    sum = MathF.FusedMultiplyAdd(a[(p * aStep) + row], b[(p * bRow) + column], sum);
                }

                expected[(row * cRow) + column] = sum;
            }

            fixed (float* x = a, y = b, z = c)
            {
                OuterTile.Multiply<T>(rows, x, aStep, y, bRow, k, z, cRow, accumulate);
            }

            // Of C, what lies between the rows too.
            Assert.True(Bits.AreEqual(expected, c), $"{T.Width} lanes, {rows} rows, k {k}");
        }

        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
