using DiffusionSharp.Evaluation.Metrics;
using DiffusionSharp.Evaluation.Tests.Kit;

namespace DiffusionSharp.Evaluation.Tests.Metrics;

public class InceptionScoreTests
{
    [Fact]
    public void Sure_and_even_answers_score_as_many_as_there_are_classes()
    {
        var logits = Enumerable.Range(0, 40).SelectMany(i => Enumerable.Range(0, 4).Select(c => c == i % 4 ? 1000.0 : 0)).ToArray();
        var score = InceptionScore.Compute(FeatureMatrix.Create(logits, 4), splits: 5);
        Assert.Equal(4, score.Mean, 1e-12);
        Assert.Equal(0, score.Deviation, 1e-12);
    }

    [Fact]
    public void Answers_that_are_always_the_same_score_1()
    {
        var logits = Enumerable.Range(0, 30).SelectMany(_ => new[] { 0.3, -2, 1.7 }).ToArray();
        Assert.Equal(1, InceptionScore.Compute(FeatureMatrix.Create(logits, 3), splits: 3).Mean, 1e-12);
    }

    // Two classes, p = 3/4 and 1/4 or the reverse, half each: exp of the divergence from a fair coin.
    [Fact]
    public void Half_sure_answers_score_between()
    {
        var logits = Enumerable.Range(0, 8).SelectMany(i => i % 2 == 0 ? new[] { Math.Log(3) + 5, 5.0 } : [-7.0, Math.Log(3) - 7]).ToArray();
        var exact = Math.Exp((0.75 * Math.Log(1.5)) + (0.25 * Math.Log(0.5)));
        Assert.Equal(exact, InceptionScore.Compute(FeatureMatrix.Create(logits, 2), splits: 2).Mean, 1e-14);
    }

    [Fact]
    public void Fewer_images_than_parts_are_refused() =>
        Refusal.Says(ErrorKind.Data, "set 1: found 3 images, and an inception score of 10 parts needs at least 10", () => InceptionScore.Compute(Features.NormalMatrix(3, 2, 1)));
}
