using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels;

public unsafe class WeightFormatTests
{
    private static readonly ushort[] Patterns = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
    private static readonly ushort[] Halves = [.. Patterns.Where(p => float.IsFinite(Half(p)))];
    private static readonly ushort[] BFloats = [.. Patterns.Where(p => float.IsFinite(BFloat16(p)))];

    [Fact]
    public void Every_finite_half_is_read_exactly() => ReadsAll<HalfWeights>(Halves, Half);

    [Fact]
    public void Every_finite_bfloat16_is_read_exactly() => ReadsAll<BFloat16Weights>(BFloats, BFloat16);

    [Fact]
    public void Halves_are_rounded_to_the_nearest_even_one_and_limited_to_the_largest()
    {
        Rounds(WeightPrecision.Half, Halves, Half);
        Assert.Equal([0x7BFF, 0xFBFF, 0x7BFF], Stored(WeightPrecision.Half, [65520, float.NegativeInfinity, 1e30f]));
    }

    [Fact]
    public void BFloat16_is_rounded_to_the_nearest_even_one() => Rounds(WeightPrecision.BFloat16, BFloats, BFloat16);

    // Rounding carries a NaN of many ones over its sign, and cuts off one of few.
    [Theory]
    [InlineData(0x7F800001)]
    [InlineData(0x7FFFFFFF)]
    [InlineData(0xFFFFFFFF)]
    [InlineData(0xFF808000)]
    public void No_NaN_is_rounded_to_a_number(uint bits)
    {
        Assert.True(float.IsNaN(BFloat16(WeightFormat.ToBFloat16(BitConverter.UInt32BitsToSingle(bits)))));
        Assert.True(float.IsNaN(BFloat16(Stored(WeightPrecision.BFloat16, [BitConverter.UInt32BitsToSingle(bits)])[0])));
        Assert.True(float.IsNaN(Half(Stored(WeightPrecision.Half, [BitConverter.UInt32BitsToSingle(bits)])[0])));
    }

    private static float Half(ushort pattern) => (float)BitConverter.UInt16BitsToHalf(pattern);

    private static float BFloat16(ushort pattern) => BitConverter.UInt32BitsToSingle((uint)pattern << 16);

    private static void ReadsAll<TFormat>(ushort[] patterns, Func<ushort, float> value)
        where TFormat : IWeightFormat
    {
        Reads<Simd128, TFormat>(patterns, value);
        Reads<Simd256, TFormat>(patterns, value);
        Reads<Simd512, TFormat>(patterns, value);
    }

    private static void Reads<T, TFormat>(ushort[] patterns, Func<ushort, float> value)
        where T : unmanaged, ISimd<T>
        where TFormat : IWeightFormat
    {
        var read = new float[patterns.Length];
        fixed (ushort* source = patterns)
        {
            fixed (float* destination = read)
            {
                // Reads past no end, and begins at every place within a vector.
                for (var i = 0; i <= patterns.Length - T.Width; i++)
                {
                    T.Store(TFormat.Load<T>(source, i), destination + i);
                }
            }
        }

        Assert.True(Bits.AreEqual([.. patterns.Select(value)], read));
    }

    // Between neighbours: just below the middle, the middle, just above it.
    private static void Rounds(WeightPrecision precision, ushort[] patterns, Func<ushort, float> value)
    {
        var (inputs, expected) = (new List<float>(), new List<ushort>());
        foreach (var low in patterns.Where(p => float.IsFinite(value((ushort)(p + 1)))))
        {
            var (a, b, even) = (value(low), value((ushort)(low + 1)), low % 2 == 0 ? low : (ushort)(low + 1));
            var middle = (float)(((double)a + b) / 2);
            var towardsZero = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(middle) - 1);
            var away = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(middle) + 1);
            inputs.AddRange([a, towardsZero, middle, away]);
            expected.AddRange([low, low, even, (ushort)(low + 1)]);
        }

        Assert.Equal(expected, Stored(precision, [.. inputs]));
    }

    private static ushort[] Stored(WeightPrecision precision, float[] weights)
    {
        using var packed = new PackedWeights(new PanelLayout(weights.Length, Inputs: 1, Taps: 1, TapsTogether: false), weights, precision);
        return new Span<ushort>(packed.Start, weights.Length).ToArray();
    }
}
