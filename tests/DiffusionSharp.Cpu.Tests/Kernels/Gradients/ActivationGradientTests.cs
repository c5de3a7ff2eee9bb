using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

public unsafe class ActivationGradientTests
{
    private static readonly float[] Everywhere =
    [
        .. Enumerable.Range(0, 1 << 16).Select(i => BitConverter.UInt32BitsToSingle((uint)i * 65521)).Where(float.IsFinite),
        .. Enumerable.Range(-9000, 18_001).Select(i => i / 100f),
        0, -0f, float.Epsilon, -float.Epsilon,
    ];

    // The tails of a derivative that vanishes are good to a part of themselves; where it crosses zero, to a part of one.
    [Fact]
    public void Silu() => Check("silu", x =>
    {
        var sigmoid = 1 / (1 + Math.Exp(-x));
        return sigmoid * (1 + (x / (1 + Math.Exp(x))));
    }, tails: -87, zero: -1.278, part: 3e-6);

    [Fact]
    public void Gelu() => Check("gelu", x => Normal.Below(x) + (x * Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI)), tails: -12.9, zero: -0.7518, part: 1e-6);

    [Fact]
    public void Silus_value_has_the_bits_of_the_activation() => Assert.True(Bits.AreEqual(Same("silu value"), Same("activation")));

    [Fact]
    public void NaN_stays() => Assert.All((string[])["silu", "gelu"], f => Assert.True(float.IsNaN(Apply<Simd256>([float.NaN], f)[0])));

    private static void Check(string function, Func<double, double> exact, double tails, double zero, double part)
    {
        foreach (var (x, y) in Everywhere.Zip(Same(function)))
        {
            var expected = exact(x);
            var within = x < tails ? 5e-36 : Math.Max(x > zero - 1 ? 2e-7 : 0, part * Math.Abs(expected));
            Assert.True(Math.Abs(y - expected) <= within, FormattableString.Invariant($"{function} at {x}: {y}, not {expected}"));
        }
    }

    private static float[] Same(string function)
    {
        var first = Apply<Simd128>(Everywhere, function);
        Assert.True(Bits.AreEqual(first, Apply<Simd256>(Everywhere, function)));
        Assert.True(Bits.AreEqual(first, Apply<Simd512>(Everywhere, function)));
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
                    "silu" => ActivationGradient.Silu(T.Load(p + i)).Derivative,
                    "silu value" => ActivationGradient.Silu(T.Load(p + i)).Value,
                    "gelu" => ActivationGradient.Gelu(T.Load(p + i)),
                    _ => Activation.Silu(T.Load(p + i)),
                }, p + i);
            }
        }

        return padded[..x.Length];
    }
}
