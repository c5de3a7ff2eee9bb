using CsCheck;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Tests.Noise;

public class CounterNoiseTests
{
    // Computed in Python from the definition: its own Philox, math.log, math.cos, math.sin.
    [Theory]
    [InlineData(0UL, -1L, -0.5263001393446974, 1.0397851390565847, -1.1844501216123797, -1.3129526048626627)]
    [InlineData(42UL, 0L, -0.6653748678073486, 1.036023808655465, -1.4338891806537384, 0.4232781812444527)]
    [InlineData(9223372036854775813UL, 17L, 1.115063200170007, 1.2653682892584845, 1.0352076019656946, 0.29324019325612677)]
    public void Normals_of_an_independent_program(ulong seed, long stream, double z0, double z1, double z2, double z3)
    {
        var z = new double[4];
        CounterNoise.Gaussian(seed, stream, z);
        Assert.Equal(z0, z[0], 1e-14);
        Assert.Equal(z1, z[1], 1e-14);
        Assert.Equal(z2, z[2], 1e-14);
        Assert.Equal(z3, z[3], 1e-14);
    }

    // FNV-1a over the bits of a million normals; the same number came from the definition written in plain Python.
    [Fact]
    public void The_bits_are_the_same_on_every_machine()
    {
        var z = new double[1_000_000];
        CounterNoise.Gaussian(7, 3, z);
        var hash = z.Aggregate(0xcbf29ce484222325UL, (h, v) => (h ^ (ulong)BitConverter.DoubleToInt64Bits(v)) * 0x100000001b3UL);
        Assert.Equal(6173835704909998999UL, hash);
    }

    [Fact]
    public void Fast_path_equals_scalar_path_and_prefixes_agree() =>
        Gen.Select(Gen.ULong, Gen.Long, Gen.Int[0, 1200], Gen.Int[0, 1200]).Sample((seed, stream, length, shorter) =>
        {
            var fast = new double[length];
            var scalar = new double[length];
            CounterNoise.Gaussian(seed, stream, fast);
            CounterNoise.GaussianScalar(seed, stream, 0, scalar);
            Assert.Equal(scalar.Select(BitConverter.DoubleToInt64Bits), fast.Select(BitConverter.DoubleToInt64Bits));

            var prefix = new double[Math.Min(shorter, length)];
            CounterNoise.Gaussian(seed, stream, prefix);
            Assert.Equal(fast[..prefix.Length], prefix);

            var floats = new float[length];
            CounterNoise.Gaussian(seed, stream, floats);
            Assert.Equal(fast.Select(v => (float)v), floats);
        }, iter: 200);

    [Fact]
    public void Words_and_uniforms_share_the_blocks() => Gen.Select(Gen.ULong, Gen.Long, Gen.Int[0, 50]).Sample((seed, stream, length) =>
    {
        var words = new uint[2 * length];
        var uniform = new double[length];
        CounterNoise.UInt32s(seed, stream, words);
        CounterNoise.Uniform(seed, stream, uniform);
        for (var i = 0; i < length; i++)
        {
            Assert.Equal(((((ulong)words[(2 * i) + 1] << 32) | words[2 * i]) >> 11) * Math.Pow(2, -53), uniform[i]);
        }

        var prefix = new uint[length];
        CounterNoise.UInt32s(seed, stream, prefix);
        Assert.Equal(words[..length], prefix);
    });

    [Fact]
    public void Moments_are_those_of_a_normal()
    {
        const int n = 1_000_000;
        var z = new double[n];
        CounterNoise.Gaussian(2024, 5, z);
        double m1 = z.Average(), m2 = z.Average(v => v * v), m3 = z.Average(v => v * v * v), m4 = z.Average(v => v * v * v * v);
        Assert.Equal(0, m1, 5 / Math.Sqrt(n));
        Assert.Equal(1, m2, 5 * Math.Sqrt(2.0 / n));
        Assert.Equal(0, m3, 5 * Math.Sqrt(15.0 / n));
        Assert.Equal(3, m4, 5 * Math.Sqrt(96.0 / n));
        Assert.Equal(0, z.Zip(z.Skip(1), (a, b) => a * b).Average(), 5 / Math.Sqrt(n));
        Assert.Equal(0.6826894921, z.Count(v => Math.Abs(v) < 1) / (double)n, 5 * Math.Sqrt(0.25 / n));
        Assert.Equal(0.0026997961, z.Count(v => Math.Abs(v) > 3) / (double)n, 5 * Math.Sqrt(0.0027 / n));
    }

    [Fact]
    public void Seeds_and_streams_are_independent()
    {
        const int n = 20_000;
        double[] a = new double[n], b = new double[n], c = new double[n];
        CounterNoise.Gaussian(1, 0, a);
        CounterNoise.Gaussian(2, 0, b);
        CounterNoise.Gaussian(1, 1, c);
        Assert.Equal(0, a.Zip(b, (x, y) => x * y).Average(), 5 / Math.Sqrt(n));
        Assert.Equal(0, a.Zip(c, (x, y) => x * y).Average(), 5 / Math.Sqrt(n));
    }
}
