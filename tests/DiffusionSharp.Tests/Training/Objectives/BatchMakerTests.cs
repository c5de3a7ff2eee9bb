using DiffusionSharp.Data;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Tests.Training.Objectives;

public class BatchMakerTests
{
    private static readonly ImageShape Shape = new(2, 3, 4);

    [Theory]
    [InlineData(TimestepSampling.Uniform)]
    [InlineData(TimestepSampling.Antithetic)]
    public void A_batch_is_a_function_of_seed_and_step(TimestepSampling sampling)
    {
        BatchMaker one = Maker(sampling, 8, seed: 4), other = Maker(sampling, 8, seed: 4);
        one.Make(0, 0);
        one.Make(17, 136);
        TrainingBatch a = one.Make(5, 40), b = other.Make(5, 40);
        Assert.Equal(a.Xt, b.Xt);
        Assert.Equal(a.Target, b.Target);
        Assert.Equal(a.Timesteps, b.Timesteps);
        Assert.Equal(a.Labels, b.Labels);
        Assert.NotEqual(a.Timesteps, one.Make(6, 48).Timesteps);
        Assert.NotEqual(a.Timesteps, Maker(sampling, 8, seed: 5).Make(5, 40).Timesteps);
        Assert.NotEqual(a.Target, Maker(sampling, 8, seed: 5).Make(5, 40).Target);
    }

    [Fact]
    public void It_holds_the_images_of_its_position_noised()
    {
        var batch = Maker(TimestepSampling.Uniform, 3).Make(10, 30);
        Assert.Equal([30 % 7, 31 % 7, 32 % 7], batch.Labels);
        for (var i = 0; i < batch.Xt.Length; i++)
        {
            var (image, alphaBar) = (30 + (i / Shape.Elements), NoiseSchedule.Linear().AlphaBar((int)batch.Timesteps[i / Shape.Elements]));
            var x0 = (image / 127.5) - 1;
            Assert.Equal((Math.Sqrt(alphaBar) * x0) + (Math.Sqrt(1 - alphaBar) * batch.Target[i]), batch.Xt[i], 1e-6);
        }
    }

    [Fact]
    public void The_position_decides_the_images_whatever_the_batch_size_was_before()
    {
        TrainingBatch usual = Maker(TimestepSampling.Uniform, 3).Make(10, 30), changed = Maker(TimestepSampling.Uniform, 3).Make(10, 31);
        Assert.Equal(usual.Timesteps, changed.Timesteps);
        Assert.Equal(usual.Labels[1..], changed.Labels[..^1]);
        Assert.Equal(usual.Target[Shape.Elements..], changed.Target[..^Shape.Elements]);
    }

    [Fact]
    public void The_noise_of_an_image_does_not_depend_on_the_batch_size() =>
        Assert.Equal(Maker(TimestepSampling.Uniform, 2).Make(3, 6).Target, Maker(TimestepSampling.Uniform, 6).Make(1, 6).Target[..(2 * Shape.Elements)]);

    [Fact]
    public void Noise_is_standard_normal_and_t_is_uniform()
    {
        var maker = Maker(TimestepSampling.Uniform, 100);
        var batches = Enumerable.Range(0, 100).Select(k => maker.Make(k, 100 * k)).ToList();
        var noise = batches.SelectMany(b => b.Target).Select(v => (double)v).ToList();
        Assert.Equal(0, noise.Average(), 0.01);
        Assert.Equal(1, noise.Average(v => v * v), 0.02);
        var t = batches.SelectMany(b => b.Timesteps).ToList();
        Assert.All(t, v => Assert.True(v >= 0 && v <= 999 && v == Math.Floor(v)));
        Assert.Equal(499.5, t.Average(), 4.0 * 1000 / Math.Sqrt(12 * t.Count));
        for (var decile = 0; decile < 10; decile++)
        {
            Assert.Equal(1000, t.Count(v => (int)v / 100 == decile), 150.0);
        }
    }

    // The DDIM reference code: t = randint(n // 2 + 1), then cat([t, T - 1 - t])[:n].
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(8)]
    public void Antithetic_timesteps_mirror_the_first_half(int n)
    {
        var t = Maker(TimestepSampling.Antithetic, n).Make(2, 2 * n).Timesteps;
        var drawn = Math.Min(n, (n / 2) + 1);
        for (var i = drawn; i < n; i++)
        {
            Assert.Equal(999 - t[i - drawn], t[i]);
        }
    }

    [Fact]
    public void Timesteps_follow_a_distribution_and_weights_make_up_for_it()
    {
        var p = Enumerable.Range(1, 1000).Select(k => k / 500_500.0).ToArray();
        var maker = Maker(TimestepSampling.LossAware, 1000);
        var batch = new TrainingBatch(1000, Shape);
        maker.Make(3, 3000, batch, new TimestepTable(p));
        Assert.Equal(1.0 / 3, batch.Timesteps.Count(t => t >= 816) / 1000.0, 0.06);
        Assert.Equal(1, batch.LossWeights.Average(), 0.2);
        Assert.All(batch.Timesteps.Zip(batch.ImportanceWeights), b => Assert.Equal(1 / (1000 * p[(int)b.First]), b.Second, 1e-4 / p[(int)b.First] / 1000));
        Assert.Equal(batch.ImportanceWeights, batch.LossWeights);
        maker.Make(3, 3000, batch);
        Assert.All(batch.ImportanceWeights, w => Assert.Equal(1, w));
    }

    [Fact]
    public void Pixels_map_to_minus_one_to_one()
    {
        float[] x = new float[3];
        PixelTransform.ToUnit([0, 51, 255], x);
        Assert.Equal(new float[] { -1, -0.6f, 1 }, x);
    }

    private static BatchMaker Maker(TimestepSampling sampling, int batchSize, ulong seed = 1) =>
        new(new CountingImages(Shape), new DiffusionObjective(NoiseSchedule.Linear()), sampling, batchSize, seed);
}
