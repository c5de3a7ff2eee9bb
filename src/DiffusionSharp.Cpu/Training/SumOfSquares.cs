using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Training;

/// <summary>
/// Σ x² in float64, the same bits for any vector width and number of threads: in each block of 4096 values, value i is added to lane i mod 16;
/// lanes are added in order, then blocks.
/// </summary>
internal sealed unsafe class SumOfSquares
{
    private const int BlockFloats = 4096;
    private const int BlocksPerItem = 4;

    private readonly Team team;
    private readonly Action<int, int> add;
    private double[] sums = [];
    private float* values;
    private long length;

    public SumOfSquares(Team team) => (this.team, add) = (team, Add);

    /// <summary>The sum; NaN or infinite where a value is. Allocates only when there are more values than ever before.</summary>
    /// <param name="x">The values.</param>
    /// <param name="count">How many: a multiple of 16.</param>
    public double Compute(float* x, long count)
    {
        Debug.Assert(count % 16 == 0, "values come in whole vectors");
        var blocks = (int)((count + BlockFloats - 1) / BlockFloats);
        if (sums.Length < blocks)
        {
            sums = new double[blocks];
        }

        values = x;
        length = count;
        team.For((blocks + BlocksPerItem - 1) / BlocksPerItem, add);
        var total = 0.0;
        for (var block = 0; block < blocks; block++)
        {
            total += sums[block];
        }

        return total;
    }

    private void Add(int worker, int item)
    {
        for (var block = (long)item * BlocksPerItem; block < (item + 1L) * BlocksPerItem && block * BlockFloats < length; block++)
        {
            sums[block] = Block(values + (block * BlockFloats), (int)Math.Min(BlockFloats, length - (block * BlockFloats)));
        }
    }

    // A product of two float32 is exact in float64, so a fused multiply-add is no other sum.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Block(float* x, int count)
    {
        Vector256<double> a = default, b = default, c = default, d = default;
        for (var i = 0; i < count; i += 16)
        {
            var (x0, x1) = Vector256.Widen(Vector256.Load(x + i));
            var (x2, x3) = Vector256.Widen(Vector256.Load(x + i + 8));
            a += x0 * x0;
            b += x1 * x1;
            c += x2 * x2;
            d += x3 * x3;
        }

        var lanes = stackalloc double[16];
        a.Store(lanes);
        b.Store(lanes + 4);
        c.Store(lanes + 8);
        d.Store(lanes + 12);
        var sum = 0.0;
        for (var lane = 0; lane < 16; lane++)
        {
            sum += lanes[lane];
        }

        return sum;
    }
}
