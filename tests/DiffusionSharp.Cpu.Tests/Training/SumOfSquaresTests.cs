using System.Numerics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Cpu.Tests.Training;

public unsafe class SumOfSquaresTests
{
    [Fact]
    public void Is_the_sum_in_the_order_that_is_written_down()
    {
        using var team = new Team(2);
        var squares = new SumOfSquares(team);
        foreach (var count in (int[])[0, 16, 4080, 4096, 4112, 50_000, 16])
        {
            var x = Draw(count);
            Assert.Equal(Ordered(x), Compute(squares, x));
        }

        static double Ordered(float[] x) => x.Chunk(4096).Aggregate(0.0, (sum, block) =>
        {
            var lanes = new double[16];
            for (var i = 0; i < block.Length; i++)
            {
                lanes[i % 16] += (double)block[i] * block[i];
            }

            return sum + lanes.Aggregate(0.0, (a, b) => a + b);
        });
    }

    // Whole numbers of 2^-200: no rounding at all.
    [Fact]
    public void Is_near_the_exact_sum()
    {
        using var team = new Team(2);
        var x = Draw(100_000);
        var exact = x.Aggregate(BigInteger.Zero, (sum, v) => sum + BigInteger.Pow(new BigInteger(Math.ScaleB(v, 100)), 2));
        Assert.Equal(1, Compute(new SumOfSquares(team), x) / Math.ScaleB((double)exact, -200), 1e-14);
    }

    [Fact]
    public void Has_the_same_bits_for_any_number_of_threads()
    {
        var x = Draw(300_000);
        var sums = Enumerable.Range(1, 5).Select(threads =>
        {
            using var team = new Team(threads);
            return Compute(new SumOfSquares(team), x);
        });
        Assert.Single(sums.Select(BitConverter.DoubleToInt64Bits).Distinct());
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Tells_what_is_not_finite(float value)
    {
        using var team = new Team(2);
        var squares = new SumOfSquares(team);
        foreach (var place in (int[])[0, 4095, 4099, 39_999])
        {
            var x = Draw(40_000);
            x[place] = value;
            Assert.Equal(float.IsNaN(value) ? double.NaN : double.PositiveInfinity, Compute(squares, x));
        }
    }

    [Fact]
    public void The_largest_float32_do_not_overflow()
    {
        using var team = new Team(1);
        var x = Enumerable.Repeat(float.MaxValue, 64).ToArray();
        Assert.Equal(8.0 * float.MaxValue, Math.Sqrt(Compute(new SumOfSquares(team), x)));
    }

    private static float[] Draw(int count)
    {
        var x = new float[count];
        CounterNoise.Gaussian(3, count, x.AsSpan());
        return x;
    }

    private static double Compute(SumOfSquares squares, float[] x)
    {
        fixed (float* start = x)
        {
            return squares.Compute(start, x.Length);
        }
    }
}
