using DiffusionSharp.Cpu.Tests.Training;
using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Torch.Tests.Training;

public class MemoryGuessTests
{
    private const long Gibibyte = 1L << 30;

    [Fact]
    public void It_is_the_weights_with_everything_kept_for_them_and_an_array_for_each_node()
    {
        var graph = UNet.Build(TinyRun.Network);
        var options = new TrainingOptions { BatchSize = 128, EmaDecays = [0.9, 0.99] };
        var weights = 4 * graph.ParameterCount * (1 + 2 + 2 + 2); // weights, gradients twice, moments, averages
        var image = graph.Nodes.Sum(n => 8L * n.Shape.Elements);
        Assert.Equal(weights + (5 * image), MemoryGuess.Bytes(graph, options, 5));
        Assert.Equal(weights + (5 * image / 2), MemoryGuess.Bytes(graph, options with { BFloat16 = true }, 5));
        Assert.Equal(0, MemoryGuess.Bytes(graph, options with { Device = "cuda" }, 5));
    }

    [Fact]
    public void The_classic_recipe_does_not_plan_for_more_than_there_is()
    {
        var graph = UNet.Build(UNetConfig.Ddpm(new ImageShape(3, 96, 96), 64, [1, 2, 2, 4], 2, [12]));
        var options = new TrainingOptions();
        var part = MemoryPlan.MicroBatch(TorchTrainingEngine.Engine, graph, options, 14 * Gibibyte);
        Assert.InRange(MemoryGuess.Bytes(graph, options, part), Gibibyte, 14 * Gibibyte);
    }
}
