using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Data;
using DiffusionSharp.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>The labels of augmentations, which a network takes in training and not outside.</summary>
public class AugmentationTests
{
    private static readonly NetworkGraph Graph = UNet.Build(TinyRun.Network, Augmentation.Labels);
    private static readonly TrainingOptions Options = TinyRun.Options with { BatchSize = 3, MicroBatch = 2 };

    [Fact]
    public void The_weights_gradient_is_the_derivative_and_without_labels_there_is_none()
    {
        var weights = Initializer.Create(Graph, 3);
        var at = weights[UNet.AugmentationWeight];
        Assert.Equal([8, Augmentation.Labels], at.Shape);
        Random random = new(4);
        foreach (var tensor in weights.Values.Where(t => t.Data.All(v => v == 0)))
        {
            Array.ForEach([.. Enumerable.Range(0, tensor.Data.Length)], i => tensor.Data[i] = (float)((0.4 * random.NextDouble()) - 0.2));
        }

        var batch = Batch();
        for (var i = 0; i < batch.Augmentation.Length; i++)
        {
            batch.Augmentation[i] = (float)((2 * random.NextDouble()) - 1);
        }

        var (loss, gradients) = Loss(weights, batch);
        var gradient = gradients[UNet.AugmentationWeight].Data;

        // Along the gradient, the directional derivative is its length.
        var length = Math.Sqrt(gradient.Sum(g => (double)g * g));
        Assert.InRange(length, 1e-4, 10);
        var before = at.Data.ToArray();
        double Along(double step)
        {
            for (var i = 0; i < before.Length; i++)
            {
                at.Data[i] = (float)(before[i] + (step * gradient[i] / length));
            }

            return Loss(weights, batch).Loss;
        }

        Assert.Equal(1, (Along(0.02) - Along(-0.02)) / 0.04 / length, 0.02);
        before.CopyTo(at.Data, 0);
        batch.Augmentation.AsSpan().Clear();
        var plain = Loss(weights, batch);
        Assert.NotEqual(loss, plain.Loss);
        Assert.All(plain.Gradients[UNet.AugmentationWeight].Data, g => Assert.Equal(0, g));

        // With labels of 0 it is the network without them.
        using var other = (CpuTrainingNetwork)CpuTraining.Engine.Create(UNet.Build(TinyRun.Network), Options, p => weights[p.Name]);
        Assert.Equal(other.LossAndGradients(batch, 0).Loss, plain.Loss);
    }

    [Fact]
    public void A_run_samples_as_the_network_without_it_and_its_model_has_no_trace_of_it()
    {
        using var run = new TinyRun();
        var options = TinyRun.Options with { TotalImages = 40, Augment = 0.3, PosthocLengths = [0.1], ValidateEvery = 20, SampleEvery = 20 };
        var folder = Path.Combine(run.Folder, "model");
        var previews = 0;
        using (var trainer = run.Open(options))
        {
            Assert.Equal(TrainingOutcome.Finished, trainer.Run(preview: _ => previews++, cancellationToken: TestContext.Current.CancellationToken));
            Assert.DoesNotContain(UNet.AugmentationWeight, trainer.AveragedWeights().Keys);
            ModelFolder.Save(folder, trainer.Config.Network, trainer.Config.Scheduler, trainer.AveragedWeights());
        }

        Assert.Equal(2, previews);
        using (var part = TensorFiles.Open(Path.Combine(run.Run.Latest()!, Checkpoint.Weights)))
        {
            Assert.Contains(part.ReadFloat32(UNet.AugmentationWeight).Data, v => v != 0);
        }

        using DiffusionModel sampled = DiffusionModel.Load(run.Folder, TinyRun.Inference), model = DiffusionModel.Load(folder, TinyRun.Inference);
        var sample = new SampleOptions { Steps = 2, Count = 1 };
        Assert.Equal(sampled.Sample(sample).Values, model.Sample(sample).Values);
        Assert.DoesNotContain(UNet.AugmentationWeight, PosthocAverage.Reconstruct(run.Run, 0.1, TestContext.Current.CancellationToken).Weights.Keys);
        var e = Assert.Throws<DiffusionException>(() => run.Train(options with { Augment = 0, TotalImages = 80 }, allowChanges: true));
        Assert.Contains("training.augment: 0.3 → 0", e.Message);
    }

    private static TrainingBatch Batch() =>
        new BatchMaker(new TinyImages(Graph.InputShape), new DiffusionObjective(NoiseSchedule.Linear()), TimestepSampling.Uniform, Options.BatchSize, 5).Make(0, 0);

    private static (double Loss, Dictionary<string, HostTensor> Gradients) Loss(IReadOnlyDictionary<string, HostTensor> weights, TrainingBatch batch)
    {
        using var network = (CpuTrainingNetwork)CpuTraining.Engine.Create(Graph, Options, p => weights[p.Name]);
        return network.LossAndGradients(batch, 0);
    }
}
