using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels;

public unsafe class MatrixTileTests
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
        var pointers = stackalloc float*[30];
        for (var round = 0; round < 120; round++)
        {
            var (rows, k, panels, accumulate) = (1 + (round % 30), random.Next(1, 71), random.Next(1, 4), random.Next(2) == 0);
            var (aRow, cRow) = (k + random.Next(5), (panels * 2 * T.Width) + random.Next(5));

            // B in any of the layouts of those who call: the second vector beside the first, or in a plane of its own.
            var (bRow, bStep) = random.Next(2) == 0 ? (2 * T.Width, T.Width) : (T.Width, k * T.Width);
            var bPanel = (k * 2 * T.Width) + random.Next(5);
            float[] a = Draw(rows * aRow), b = Draw(panels * bPanel), c = Draw(rows * cRow);
            var expected = (float[])c.Clone();
            for (var i = 0; i < rows * panels * 2 * T.Width; i++)
            {
                var (row, column) = Math.DivRem(i, panels * 2 * T.Width);
                var (panel, lane) = Math.DivRem(column, 2 * T.Width);
                var place = (panel * bPanel) + (lane < T.Width ? lane : bStep + lane - T.Width);
                var sum = accumulate ? c[(row * cRow) + column] : 0;
                for (var p = 0; p < k; p++)
                {
                    sum = MathF.FusedMultiplyAdd(a[(row * aRow) + p], b[place + (p * bRow)], sum);
                }

                expected[(row * cRow) + column] = sum;
            }

            var gathered = (float[])c.Clone();
            fixed (float* x = a, y = b, z = c, g = gathered)
            {
                MatrixTile.Multiply<T>(rows, x, aRow, y, panels, bPanel, bRow, bStep, k, z, cRow, accumulate);
                for (var row = 0; row < rows; row++)
                {
                    pointers[row] = x + (row * aRow) - 3;
                }

                MatrixTile.Gather<T>(rows, pointers, 3, y, panels, bPanel, bRow, bStep, k, g, cRow, accumulate);
            }

            // Of C, what lies between the rows too.
            Assert.True(Bits.AreEqual(expected, c), $"{T.Width} lanes, {rows} rows, k {k}, {panels} panels");
            Assert.True(Bits.AreEqual(expected, gathered), $"{T.Width} lanes, {rows} rows, k {k}, {panels} panels, gathered");
        }

        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
