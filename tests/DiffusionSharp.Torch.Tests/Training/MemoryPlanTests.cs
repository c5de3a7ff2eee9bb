using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;

namespace DiffusionSharp.Torch.Tests.Training;

public class MemoryPlanTests
{
    private const long Gibibyte = 1L << 30;

    [Fact]
    public void Parts_are_what_fits_beside_the_weights_and_everything_kept_for_them()
    {
        var graph = UNet.Build(TinyRun.Network);
        var options = new TrainingOptions { BatchSize = 128, EmaDecays = [0.9, 0.99] };
        var weights = 4 * graph.ParameterCount * (1 + 2 + 2 + 2); // weights, gradients twice, moments, averages
        Assert.Equal(weights, MemoryPlan.BytesOfWeights(graph, options));
        var image = MemoryPlan.BytesPerImage(graph, options);
        Assert.Equal(graph.Nodes.Sum(n => 6L * n.Shape.Elements), image);
        Assert.Equal(image / 2, MemoryPlan.BytesPerImage(graph, options with { BFloat16 = true }));
        foreach (var (fits, expected) in ((int, int)[])[(1000, 128), (128, 128), (127, 64), (50, 43), (1, 1), (0, 1)])
        {
            Assert.Equal(expected, MemoryPlan.MicroBatch(graph, options, weights + (fits * image)));
        }

        Assert.Equal(1, MemoryPlan.MicroBatch(graph, options, 0));
        Assert.Equal(128, MemoryPlan.MicroBatch(graph, options with { Device = "cuda" }));
    }

    [Fact]
    public void The_classic_recipe_does_not_plan_for_more_than_there_is()
    {
        var graph = UNet.Build(UNetConfig.Ddpm(new ImageShape(3, 96, 96), 64, [1, 2, 2, 4], 2, [12]));
        var options = new TrainingOptions();
        var part = MemoryPlan.MicroBatch(graph, options, 14 * Gibibyte);
        Assert.InRange(MemoryPlan.BytesOfWeights(graph, options) + (part * MemoryPlan.BytesPerImage(graph, options)), Gibibyte, 14 * Gibibyte);
    }
}
