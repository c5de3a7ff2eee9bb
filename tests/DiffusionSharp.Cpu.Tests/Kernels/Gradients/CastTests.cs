using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Images;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

/// <summary>Rounding to bfloat16 against its definition: the nearest multiple of the last place, counted in float64.</summary>
public unsafe class CastTests
{
    private static readonly float[] Neighbours = [.. Enumerable.Range(0, 0x7F80).SelectMany(Around).SelectMany(v => (float[])[v, -v])];

    [Fact]
    public void The_nearest_one_ties_to_even() => Rounds([.. Neighbours, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f, float.Epsilon, float.MaxValue]);

    [Fact]
    public void Any_number()
    {
        var random = new Random(1);
        Rounds([.. Enumerable.Range(0, 200_000).Select(_ => BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32))).Where(v => !float.IsNaN(v))]);
    }

    [Fact]
    public void What_is_no_number_stays_none_with_its_sign()
    {
        float[] none = [.. new uint[] { 0x7F800001, 0x7FFFFFFF, 0x7FC00000, 0x7FBFFFFF, 0x7F80FFFF, 0xFF800001, 0xFFFFFFFF, 0xFFC12345 }.Select(BitConverter.UInt32BitsToSingle)];
        foreach (var stored in Stored(none))
        {
            Assert.All(stored.Zip(none), p => Assert.True(float.IsNaN(Value(p.First)) && float.IsNegative(Value(p.First)) == float.IsNegative(p.Second)));
            Assert.All(stored, v => Assert.NotEqual(0, v & 0x40));
        }
    }

    [Theory]
    [InlineData(1, 3, 5, 7)]
    [InlineData(3, 33, 20, 20)]
    [InlineData(5, 16, 1, 3)]
    public void Buffers_come_back_rounded(int images, int channels, int height, int width)
    {
        var stage = new Stage(new Random(2), images);
        var (x, y) = (stage.Draw([channels], height, width), stage.New([channels], height, width));
        var floats = (long)x.View.Pixels * x.View.Segments[0].Stride;
        var small = stage.New([(int)CastToBFloat16<Simd128>.Half(floats)], 1, 1);
        Assert.InRange(small.Segments[0].Stride, floats / 2, (floats / 2) + 15);
        var result = stage.Run(new Both(x.View.Segments[0].Buffer, small.Segments[0].Buffer, y.Segments[0].Buffer, floats), y);
        Assert.Equal(x.Data.Select(v => (float)Rounded(v)), result);
        Assert.NotEqual(x.Data, result);
    }

    private static void Rounds(float[] values) => Assert.All(Stored(values), stored =>
    {
        for (var i = 0; i < values.Length; i++)
        {
            var expected = Rounded(values[i]);
            Assert.True(expected.Equals(Value(stored[i])) && double.IsNegative(expected) == float.IsNegative(Value(stored[i])), $"{values[i]:R}: {Value(stored[i]):R}, not {expected:R}");
        }
    });

    // 8 bits of precision, exponents from -126 as in float32, and from half a step above the largest value on infinity.
    private static double Rounded(float value)
    {
        if (value == 0 || float.IsInfinity(value))
        {
            return value;
        }

        var place = Math.ScaleB(1, Math.Max(Math.ILogB(value), -126) - 7);
        var rounded = Math.Round(value / place, MidpointRounding.ToEven) * place;
        return Math.Abs(rounded) >= Math.ScaleB(1, 128) ? double.CopySign(double.PositiveInfinity, value) : double.CopySign(rounded, value);
    }

    private static float Value(ushort stored) => BitConverter.UInt32BitsToSingle((uint)stored << 16);

    // A bfloat16 and, between it and the next one, the middle and its neighbours.
    private static IEnumerable<float> Around(int pattern)
    {
        var first = (uint)pattern << 16;
        return new[] { first, first + 1, first + 0x7FFF, first + 0x8000, first + 0x8001, first + 0xFFFF }.Select(BitConverter.UInt32BitsToSingle);
    }

    private static ushort[][] Stored(float[] values) => [Stored<Simd128>(values), Stored<Simd256>(values), Stored<Simd512>(values)];

    private static ushort[] Stored<T>(float[] values)
        where T : unmanaged, ISimd<T>
    {
        var padded = new float[(values.Length + 15) & ~15];
        var result = new ushort[padded.Length];
        values.CopyTo(padded, 0);
        fixed (float* from = padded)
        {
            fixed (ushort* to = result)
            {
                for (var i = 0; i < padded.Length; i += T.Width)
                {
                    T.StoreBFloat16(T.Load(from + i), to + i);
                }
            }
        }

        return result[..values.Length];
    }

    private sealed record Both(int From, int Small, int To, long Floats) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T> => new Following(new CastToBFloat16<T>(From, Small, Floats), new CastToFloat32<T>(Small, To, Floats));
    }
}
