using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Editing;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Sampling;

namespace DiffusionSharp.Tests.Models;

/// <summary>An option that would be ignored is refused, and says beside which other.</summary>
public class SampleOptionsTests
{
    private static readonly ImageShape Shape = new(1, 2, 2);

    public static TheoryData<SampleOptions, string> Pairs => new()
    {
        { new() { Timesteps = [5], Steps = 1 }, "leave out Steps" },
        { new() { Timesteps = [5], Spacing = TimestepSpacing.Trailing }, "leave out Spacing" },
        { new() { Seeds = [5], Seed = 5 }, "leave out Seed" },
        { new() { Seeds = [5], Count = 1 }, "leave out Count" },
        { new() { GuidanceInterval = (1, 2) }, "GuidanceInterval is given" },
        { new() { GuideWith = Model() }, "GuideWith is given" },
        { new() { ClassifierScale = 2 }, "no Classifier" },
        { new() { Edit = new EditOptions { Images = new double[4], Jumps = new JumpSchedule(2, 2) } }, "no Mask" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void What_would_be_ignored_is_refused(SampleOptions options, string expected)
    {
        using var model = Model();
        foreach (var e in new[]
        {
            Assert.Throws<DiffusionException>(options.Validate),
            Assert.Throws<DiffusionException>(() => model.Sample(options)),
            Assert.Throws<DiffusionException>(() => model.Stream(options)),
            Assert.Throws<DiffusionException>(() => model.Plan(options)),
        })
        {
            Assert.Equal(ErrorKind.Usage, e.Kind);
            Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_problem_is_told()
    {
        var e = Assert.Throws<DiffusionException>(new SampleOptions { Timesteps = [5], Steps = 1, Seeds = [1], Count = 3 }.Validate);
        Assert.Equal("sampling: Timesteps names every step: leave out Steps; there are as many images as Seeds: leave out Count", e.Message);
    }

    [Fact]
    public void Labels_are_refused_by_a_model_without_classes_and_taken_by_one_with_them()
    {
        using var without = Model();
        var e = Assert.Throws<DiffusionException>(() => without.Sample(new SampleOptions { Labels = [0] }));
        Assert.Contains($"labels were given, but the model {nameof(FakeDenoiser)} knows no classes", e.Message, StringComparison.Ordinal);

        var network = new FakeDenoiser(1, (x, _) => x);
        using var with = DiffusionModel.From(network, Shape, NoiseSchedule.Linear(), classCount: 3);
        with.Sample(new SampleOptions { Labels = [2], Steps = 1 });
        Assert.Equal([[2]], network.Labels);
    }

    [Theory]
    [InlineData(1000, 50)]
    [InlineData(20, 20)]
    public void Fifty_steps_are_taken_where_nobody_says_or_as_many_as_there_are(int T, int steps)
    {
        using var model = DiffusionModel.From(new FakeDenoiser(1, (x, _) => x), Shape, NoiseSchedule.Linear(T));
        Assert.Equal(steps, model.Plan(new SampleOptions()).NetworkCalls);
    }

    private static DiffusionModel Model() => DiffusionModel.From(new FakeDenoiser(1, (x, _) => 0.1f * x), Shape, NoiseSchedule.Linear());
}
