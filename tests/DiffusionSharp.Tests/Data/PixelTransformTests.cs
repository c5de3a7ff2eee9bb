using CsCheck;
using DiffusionSharp.Data;
using DiffusionSharp.Models.Configs;

namespace DiffusionSharp.Tests.Data;

public class PixelTransformTests
{
    private static readonly byte[] Levels = [.. Enumerable.Range(0, 256).Select(v => (byte)v)];

    public static TheoryData<Dequantization, bool> All => new(Enum.GetValues<Dequantization>().SelectMany(d => new[] { (d, false), (d, true) }));

    [Theory]
    [MemberData(nameof(All))]
    public void Every_level_comes_back(Dequantization dequantization, bool logit)
    {
        // Of Gaussian noise only without it: it moves a level by 2.55 of them.
        var transform = new PixelTransform { Dequantization = dequantization, Logit = logit };
        Assert.Equal(Levels, Levels.Select(v => transform.Level(transform.FromLevel(v))));
        Assert.Equal(Levels, Levels.Select(v => transform.Level((float)transform.FromLevel(v))));
        if (dequantization != Dequantization.Gaussian)
        {
            var x = new float[256];
            Gen.Select(Gen.ULong, Gen.Long[0, 1L << 40]).Sample(
                (seed, position) =>
                {
                    transform.Apply(Levels, seed, position, x);
                    Assert.Equal(Levels, x.Select(v => transform.Level(v)));
                },
                iter: 2_000,
                threads: 1);
        }
    }

    [Fact]
    public void The_numbers_are_the_authors()
    {
        // data_transform of the DDIM authors' datasets/__init__.py in float64, with the noise drawn here: X = v/255,
        // X·255/256 + u/256 or X + 0.01·z, then 2X - 1 or the logit of λ + (1 - 2λ)X.
        var none = Apply(new PixelTransform());
        var uniform = Apply(new PixelTransform { Dequantization = Dequantization.Uniform });
        var gaussian = Apply(new PixelTransform { Dequantization = Dequantization.Gaussian });
        var logit = Apply(new PixelTransform { Logit = true });
        var both = Apply(new PixelTransform { Dequantization = Dequantization.Uniform, Logit = true });
        for (var v = 0; v < 256; v++)
        {
            var x = v / 255.0;
            Assert.Equal((2 * x) - 1, none[v], 1e-7);
            var dequantized = (uniform[v] + 1) / 2;
            var u = 256 * (dequantized - (x / 256 * 255));
            Assert.InRange(u, 0, 1);
            Assert.InRange(((((gaussian[v] + 1) / 2) - x) / 0.01), -6, 6);
            Assert.Equal(Logit(x), logit[v], 1e-6 * Math.Max(1, Math.Abs(logit[v])));
            Assert.Equal(Logit(dequantized), both[v], 3e-7 / Math.Min(dequantized, 1 - dequantized));
        }

        static double Logit(double x)
        {
            var p = 1e-6 + ((1 - 2e-6) * x);
            return Math.Log(p / (1 - p));
        }

        static float[] Apply(PixelTransform transform)
        {
            var x = new float[256];
            transform.Apply(Levels, 7, 3, x);
            return x;
        }
    }

    [Fact]
    public void The_noise_is_uniform_and_Gaussian()
    {
        const int n = 40_000;
        var (levels, x) = (Enumerable.Repeat((byte)100, n).ToArray(), new float[n]);
        new PixelTransform { Dequantization = Dequantization.Uniform }.Apply(levels, 1, 2, x);
        Moments(x.Select(v => (256 * (v + 1.0) / 2) - 100), mean: 0.5, variance: 1 / 12.0);
        new PixelTransform { Dequantization = Dequantization.Gaussian }.Apply(levels, 1, 2, x);
        Moments(x.Select(v => (((v + 1.0) / 2) - (100 / 255.0)) / 0.01), mean: 0, variance: 1);

        static void Moments(IEnumerable<double> values, double mean, double variance)
        {
            // Five standard errors; the fourth moments are at most 3 variances squared.
            var all = values.ToArray();
            var (m, error) = (all.Average(), Math.Sqrt(variance / n));
            Assert.Equal(mean, m, 5 * error);
            Assert.Equal(variance, all.Average(v => (v - m) * (v - m)), 5 * variance * Math.Sqrt(2.0 / n));
        }
    }

    [Fact]
    public void The_noise_is_a_function_of_seed_and_position()
    {
        var transform = new PixelTransform { Dequantization = Dequantization.Uniform };
        float[] One(ulong seed, long position)
        {
            var x = new float[256];
            transform.Apply(Levels, seed, position, x);
            return x;
        }

        Assert.Equal(One(1, 5), One(1, 5));
        Assert.NotEqual(One(1, 5), One(1, 6));
        Assert.NotEqual(One(1, 5), One(2, 5));
    }

    [Fact]
    public void Without_a_transform_a_batch_is_what_it_was()
    {
        var (x, expected) = (new float[256], new float[256]);
        PixelTransform.None.Apply(Levels, 1, 2, x);
        PixelTransform.ToUnit(Levels, expected);
        Assert.Equal(expected, x);
        Assert.Equal(expected, PixelTransform.None.ToPictures([.. expected.Select(v => (double)v)]));
    }

    [Fact]
    public void The_authors_inverse_is_none()
    {
        // sigmoid alone gives λ where x was 0, and their clamp leaves u in: level 0 with u > 0.502 is shown as 1.
        var transform = new PixelTransform { Dequantization = Dequantization.Uniform };
        var x = (2 * ((0 + 0.9) / 256)) - 1;
        Assert.Equal(1, (int)Math.Floor((Math.Clamp((x + 1) / 2, 0, 1) * 255) + 0.5));
        Assert.Equal(0, transform.Level(x));
        var logit = new PixelTransform { Logit = true };
        Assert.Equal(PixelTransform.Lambda, 1 / (1 + Math.Exp(-logit.FromLevel(0))), 1e-12);
        Assert.Equal((0, 255), (logit.Level(double.NegativeInfinity), logit.Level(double.PositiveInfinity)));
        Assert.Equal(0, logit.Level(double.NaN));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Pictures_go_in_and_come_out(Dequantization dequantization, bool logit)
    {
        var transform = new PixelTransform { Dequantization = dequantization, Logit = logit };
        double[] pictures = [.. Levels.Select(v => (v / 127.5) - 1)];
        Assert.Equal(pictures, transform.ToPictures(transform.FromPictures(pictures)).Select(v => (double)v), (a, b) => Math.Abs(a - b) < 1e-7);
        Assert.InRange(transform.FromPictures(pictures).Max(Math.Abs), 0.99, transform.Range + 1e-9);
    }

    // Of Gaussian noise, without it.
    [Theory]
    [InlineData(Dequantization.None, true)]
    [InlineData(Dequantization.None, false)]
    [InlineData(Dequantization.Gaussian, true)]
    public void The_scale_of_pictures_is_that_of_their_levels(Dequantization dequantization, bool logit)
    {
        var transform = new PixelTransform { Dequantization = dequantization, Logit = logit };
        var scaled = transform.ToScale([.. Levels.Select(transform.FromLevel)]);
        Assert.Equal(Levels.Select(v => (v / 127.5) - 1), scaled, (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.InRange(new PixelTransform { Logit = true }.ToScale([0.3])[0], 0.148885, 0.148886);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_scheduler_carries_it(Dequantization dequantization, bool logit)
    {
        var transform = new PixelTransform { Dequantization = dequantization, Logit = logit };
        var config = new SchedulerConfig { PixelTransform = transform, ClipSampleRange = transform.Range };
        var json = SchedulerConfigJson.ToJson(config);
        Assert.Equal(config, SchedulerConfigJson.Parse(json, "test"));
        Assert.Equal(transform != PixelTransform.None, json.Contains("_dequantize", StringComparison.Ordinal));
        var e = Assert.Throws<DiffusionException>(() => SchedulerConfigJson.Parse("""{"_class_name": "DDIMScheduler", "_dequantize": "triangular"}""", "test"));
        Assert.Contains("_dequantize", e.Message, StringComparison.Ordinal);
    }
}
