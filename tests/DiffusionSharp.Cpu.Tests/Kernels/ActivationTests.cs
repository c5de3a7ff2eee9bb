using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels;

public unsafe class ActivationTests
{
    // All signs and exponents, with fractions all over.
    private static readonly float[] Everywhere =
    [
        .. Enumerable.Range(0, 1 << 16).Select(i => BitConverter.UInt32BitsToSingle((uint)i * 65521)).Where(float.IsFinite),
        .. Enumerable.Range(-9000, 18_001).Select(i => i / 100f),
        0, -0f, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue,
    ];

    [Fact]
    public void Exp_is_good_to_two_units_in_the_last_place() =>
        Assert.DoesNotContain(Everywhere.Zip(Same(Everywhere, "exp")), v => !(Error.Ulps(Math.Exp(Math.Clamp((double)v.First, -87, 88)), v.Second) <= 2));

    // Below, where the exponential is limited, the result is nearly zero.
    [Fact]
    public void Silu_is_good_to_four_units_in_the_last_place_above_minus_88() =>
        Assert.DoesNotContain(Everywhere.Zip(Same(Everywhere, "silu")), v => v.First > -88
            ? !(Error.Ulps(v.First / (1 + Math.Exp(-(double)v.First)), v.Second) <= 4)
            : !(Math.Abs(v.Second) <= 1e-38 * -v.First));

    // Below, the result is nearly zero.
    [Fact]
    public void Gelu_is_good_to_six_units_in_the_last_place_above_minus_13() =>
        Assert.DoesNotContain(Everywhere.Zip(Same(Everywhere, "gelu")), v => v.First > -13
            ? !(Error.Ulps(v.First * Normal.Below(v.First), v.Second) <= 6)
            : !(Math.Abs(v.Second) <= 1e-37));

    [Fact]
    public void Infinities_are_limits_and_NaN_stays()
    {
        float[] x = [float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0, -0f];
        float[] exp = Same(x, "exp"), silu = Same(x, "silu"), gelu = Same(x, "gelu");
        Assert.Equal([Math.Exp(88), Math.Exp(-87), double.NaN, 1, 1], exp.Select(v => (double)v), (e, a) => double.IsNaN(e) ? double.IsNaN(a) : Error.Ulps(e, (float)a) <= 2);
        Assert.Equal([float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0, -0f], silu);
        Assert.Equal([float.PositiveInfinity, 0, float.NaN, 0, 0], gelu, (e, a) => float.IsNaN(e) ? float.IsNaN(a) : e == a || Math.Abs(a) < 1e-37);
    }

    private static float[] Same(float[] x, string function)
    {
        var first = Apply<Simd128>(x, function);
        Assert.True(Bits.AreEqual(first, Apply<Simd256>(x, function)));
        Assert.True(Bits.AreEqual(first, Apply<Simd512>(x, function)));
        return first;
    }

    private static float[] Apply<T>(float[] x, string function)
        where T : unmanaged, ISimd<T>
    {
        var padded = new float[(x.Length + 15) / 16 * 16];
        x.CopyTo(padded, 0);
        fixed (float* p = padded)
        {
            for (var i = 0; i < padded.Length; i += T.Width)
            {
                T.Store(function switch
                {
                    "silu" => Activation.Silu(T.Load(p + i)),
                    "gelu" => Activation.Gelu(T.Load(p + i)),
                    _ => Activation.Exp(T.Load(p + i)),
                }, p + i);
            }
        }

        return padded[..x.Length];
    }
}
