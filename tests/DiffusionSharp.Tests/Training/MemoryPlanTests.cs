using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Tests.Training;

public class MemoryPlanTests
{
    private static readonly NetworkGraph Graph = UNet.Build(UNetConfig.Ddpm(new ImageShape(3, 8, 8), 8, [1], 1, []) with { NormNumGroups = 4 });

    [Theory]
    [InlineData(128, 1000, 128)]
    [InlineData(128, 128, 128)]
    [InlineData(128, 127, 64)]
    [InlineData(100, 100, 100)]
    [InlineData(100, 99, 64)]
    [InlineData(100, 50, 32)]
    [InlineData(3, 2, 2)]
    [InlineData(1, 0, 1)]
    [InlineData(128, 1, 1)]
    [InlineData(128, 0, 1)]
    public void Parts_are_the_batch_or_the_largest_power_of_two_that_fits(int batch, int fitting, int expected) =>
        Assert.Equal(expected, MemoryPlan.MicroBatch(Engine(n => 1000 + (10L * n)), Graph, new TrainingOptions { BatchSize = batch }, 1000 + (10 * fitting)));

    [Fact]
    public void What_nobody_knows_is_taken_to_fit() =>
        Assert.Equal(128, MemoryPlan.MicroBatch(Engine(null), Graph, new TrainingOptions(), 0));

    [Fact]
    public void What_one_image_already_takes_too_much_for_is_refused()
    {
        var e = Assert.Throws<DiffusionException>(() => MemoryPlan.Require(Engine(n => n * (1L << 50)), Graph, new TrainingOptions()));
        Assert.Equal(ErrorKind.Device, e.Kind);
        Assert.Contains("weights in training, and batches of 128 images of 3×8×8, need 1,048,576.0 GiB", e.Message);
        MemoryPlan.Require(Engine(null), Graph, new TrainingOptions());
    }

    private static TrainingEngine Engine(Func<int, long>? memory) =>
        new("test", (_, _, _) => throw new NotSupportedException(), memory is null ? null : (_, _, n) => memory(n));
}
