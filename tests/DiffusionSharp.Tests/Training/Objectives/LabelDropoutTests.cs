using CsCheck;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Tests.Training.Objectives;

public class LabelDropoutTests
{
    private const int Images = 40_000;

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void The_part_that_is_dropped_is_the_one_asked_for(double probability)
    {
        var dropped = Drop(new LabelDropout(probability, 7), seed: 3, 0, Images).Count(l => l == 7);
        Assert.Equal(probability * Images, dropped, 5 * Math.Sqrt(Images * probability * (1 - probability)));
    }

    [Fact]
    public void Seed_and_position_decide_whatever_the_parts()
    {
        var dropping = new LabelDropout(0.3, 7);
        var whole = Drop(dropping, seed: 5, 0, 300);
        Gen.Select(Gen.Int[0, 299], Gen.Int[0, 299]).Where((a, b) => a < b).Sample((first, end) =>
            Drop(dropping, seed: 5, first, end - first).AsSpan().SequenceEqual(whole.AsSpan(first..end)));
        Assert.NotEqual(whole, Drop(dropping, seed: 6, 0, 300));
        Assert.NotEqual(whole, Drop(dropping, seed: 5, 300, 300));
    }

    [Fact]
    public void What_is_dropped_at_a_low_part_is_dropped_at_a_higher_one()
    {
        int[] low = Drop(new LabelDropout(0.1, 7), seed: 2, 0, 1000), high = Drop(new LabelDropout(0.2, 7), seed: 2, 0, 1000);
        Assert.All(low.Zip(high), p => Assert.True(p.First != 7 || p.Second == 7));
    }

    [Fact]
    public void A_batch_differs_in_its_labels_alone()
    {
        TrainingBatch with = Make(new LabelDropout(0.5, 9)), without = Make(null);
        Assert.Equal(without.Xt, with.Xt);
        Assert.Equal(without.Target, with.Target);
        Assert.Equal(without.Timesteps, with.Timesteps);
        Assert.InRange(with.Labels.Count(l => l == 9), 8, 24);
        Assert.All(with.Labels.Zip(without.Labels), p => Assert.True(p.First == 9 || p.First == p.Second));
        Assert.Equal(Drop(new LabelDropout(0.5, 9), seed: 1, 40, 32).Select(l => l == 9), with.Labels.Select(l => l == 9));
    }

    [Fact]
    public void A_label_that_is_not_there_is_always_the_null_class()
    {
        int[] labels = [-1, 3, -1, 4];
        new LabelDropout(0, 7).Apply(seed: 9, 0, labels);
        Assert.Equal([7, 3, 7, 4], labels);
    }

    private static TrainingBatch Make(LabelDropout? dropping) => new BatchMaker(
        new CountingImages(new ImageShape(1, 1, 2)), new DiffusionObjective(NoiseSchedule.Linear()), TimestepSampling.Uniform, 32, 1, dropping).Make(5, 40);

    private static int[] Drop(LabelDropout dropping, ulong seed, long position, int count)
    {
        var labels = new int[count];
        dropping.Apply(seed, position, labels);
        return labels;
    }
}
