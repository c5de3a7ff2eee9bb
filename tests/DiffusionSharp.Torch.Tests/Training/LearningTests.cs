using DiffusionSharp.Cpu.Tests.Training;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Torch.Tests.Training;

/// <summary>Training on libtorch learns, in either precision.</summary>
[Collection(SerialCollection.Name)]
public class LearningTests
{
    [TorchFact]
    public void A_tiny_network_learns_four_images_by_heart()
    {
        var losses = Train(TinyRun.Options with { TotalImages = 2400, LearningRate = 4e-3, BatchSize = 8, MicroBatch = null, Loss = LossKind.L2 });
        Assert.InRange(losses.TakeLast(60).Average() / losses.Take(5).Average(), 0, 0.35);
    }

    [TorchFact]
    public void Bfloat16_is_close_to_float32()
    {
        var options = TinyRun.Options with { TotalImages = 320, LearningRate = 2e-3, BatchSize = 8, MicroBatch = null };
        double[] full = Train(options), half = Train(options with { BFloat16 = true });
        Assert.NotEqual(full[5], half[5]);
        Assert.Equal(1, half[5] / full[5], 0.01);
        Assert.Equal(1, half.TakeLast(20).Average() / full.TakeLast(20).Average(), 0.05);
    }

    private static double[] Train(TrainingOptions options)
    {
        var graph = UNet.Build(TinyRun.Network);
        var weights = Initializer.Create(graph, options.Seed);
        using var network = TinyRun.Engine.Create(graph, options, p => weights[p.Name]);
        var batches = new BatchMaker(new TinyImages(graph.InputShape, period: 4), new DiffusionObjective(new SchedulerConfig().ToSchedule()), options.TimestepSampling, options.BatchSize, options.Seed);
        return [.. Enumerable.Range(0, (int)(options.TotalImages!.Value / options.BatchSize)).Select(k => network.Update(batches.Make(k, (long)k * options.BatchSize), k, options.LearningRate).Loss)];
    }
}
