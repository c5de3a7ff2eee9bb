using DiffusionSharp.Cpu.Tests.Training;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Torch.Ops;
using DiffusionSharp.Torch.Tests.Ops;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using TorchSharp;

namespace DiffusionSharp.Torch.Tests.Training;

/// <summary>One update: its parts, its memory, its failures.</summary>
[Collection(SerialCollection.Name)]
public class StepTests
{
    private const long TooMuch = 1L << 50;
    private static readonly TrainingOptions Options = TinyRun.Options with { BatchSize = 6, MicroBatch = null };

    [TorchTheory]
    [InlineData(LossKind.L2, LossReduction.Mean, 1)]
    [InlineData(LossKind.L1, LossReduction.Sum, 2)]
    [InlineData(LossKind.Huber, LossReduction.Mean, 4)]
    public void Micro_batches_give_the_loss_and_the_gradients_of_the_whole(LossKind loss, LossReduction reduction, int microBatch)
    {
        using var scope = torch.NewDisposeScope();
        var options = Options with { Loss = loss, Reduction = reduction, MinSnrGamma = 5 };
        using TrainingStep whole = Step(options), parts = Step(options with { MicroBatch = microBatch });
        var expected = whole.LossAndGradients(Batch(options), 0);
        var actual = parts.LossAndGradients(Batch(options), 0);

        Assert.Equal(1, actual.Loss / expected.Loss, 1e-6);
        var largest = Sample.Values(expected.Gradients).Max(Math.Abs);
        Assert.InRange(Sample.Difference(expected.Gradients, actual.Gradients) / largest, 0, 1e-6);
    }

    [TorchTheory]
    [InlineData(1)]
    [InlineData(4)]
    public void Dropout_drops_the_same_in_any_parts(int microBatch)
    {
        using var scope = torch.NewDisposeScope();
        var network = TinyRun.Network with { Dropout = 0.4 };
        using TrainingStep whole = Step(Options, network), parts = Step(Options with { MicroBatch = microBatch }, network);
        var expected = whole.LossAndGradients(Batch(Options), 7);
        var actual = parts.LossAndGradients(Batch(Options), 7);

        Assert.Equal(1, actual.Loss / expected.Loss, 1e-6);
        var largest = Sample.Values(expected.Gradients).Max(Math.Abs);
        Assert.InRange(Sample.Difference(expected.Gradients, actual.Gradients) / largest, 0, 1e-6);
        Assert.NotEqual(expected.Loss, whole.LossAndGradients(Batch(Options), 8).Loss);
    }

    [TorchFact]
    public void Dropouts_factors_are_the_masks_of_the_batch_by_pixel_and_channel()
    {
        using var scope = torch.NewDisposeScope();
        using var values = torch.zeros([2, 3, 4, 5]);
        var factors = new DropoutFactors(9, 11, First: 3).Factors(values, node: 6, probability: 0.25);
        var mask = new float[60];
        for (var image = 0; image < 2; image++)
        {
            DropoutMask.Fill(9, 11, 3 + image, 6, 0.25, 0, mask);
            for (var i = 0; i < mask.Length; i++)
            {
                var (pixel, channel) = (i / 3, i % 3);
                Assert.Equal(mask[i], factors[image, channel, pixel / 5, pixel % 5].item<float>());
            }
        }
    }

    [TorchTheory]
    [InlineData(LossKind.L2)]
    [InlineData(LossKind.L1)]
    [InlineData(LossKind.Huber)]
    public void Losses_are_their_closed_forms(LossKind kind)
    {
        float[] differences = [0, 0.5f, -1, 1.5f, -2, 0.25f];
        double[] expected = [.. differences.Select(d => (double)d).Select(d => kind switch
        {
            LossKind.L2 => d * d,
            LossKind.L1 => Math.Abs(d),
            _ => Math.Abs(d) <= 1 ? d * d / 2 : Math.Abs(d) - 0.5,
        })];
        using var scope = torch.NewDisposeScope();
        var prediction = HostCopy.ToTensor<float>(differences, [2, 3, 1, 1]);
        var target = torch.zeros_like(prediction);
        var sums = HostCopy.ToHostTensor(Loss.PerImage(prediction, target, kind, LossReduction.Sum)).Data;
        var means = HostCopy.ToHostTensor(Loss.PerImage(prediction, target, kind, LossReduction.Mean)).Data;
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(expected.Skip(3 * i).Take(3).Sum(), sums[i], 1e-6);
            Assert.Equal(expected.Skip(3 * i).Take(3).Average(), means[i], 1e-6);
        }
    }

    [TorchFact]
    public void What_does_not_fit_is_halved_until_it_does()
    {
        var size = new MicroBatchSize(13);
        List<int> tried = [];
        for (var update = 0; update < 2; update++)
        {
            size.Fit(n =>
            {
                tried.Add(n);
                using var work = torch.empty(n > 3 ? TooMuch : n);
                return n;
            });
        }

        Assert.Equal([13, 7, 4, 2, 2], tried);
    }

    [TorchFact]
    public void One_image_that_does_not_fit_is_an_error_of_the_device()
    {
        var e = Assert.Throws<DiffusionException>(() => new MicroBatchSize(2).Fit(_ => torch.empty(TooMuch)));
        Assert.Equal(ErrorKind.Device, e.Kind);
        Assert.Contains("out of memory", e.Message);
        Assert.DoesNotContain("\n", e.Message);
    }

    [TorchFact]
    public void A_loss_that_is_not_finite_touches_nothing()
    {
        using var step = Step(Options);
        step.Run(Batch(Options), 0, 1e-3);
        var before = Everything(step);
        var batch = Batch(Options);
        batch.Xt[7] = float.NaN;
        Assert.Equal(ErrorKind.NonFinite, Assert.Throws<DiffusionException>(() => step.Run(batch, 1, 1e-3)).Kind);
        batch = Batch(Options);
        batch.LossWeights[0] = float.PositiveInfinity;
        Assert.Equal(ErrorKind.NonFinite, Assert.Throws<DiffusionException>(() => step.Run(batch, 1, 1e-3)).Kind);
        Assert.Equal(before, Everything(step));
        Assert.Equal(1, step.Optimizer.Steps);
    }

    [TorchFact]
    public void Two_hundred_updates_leave_no_tensor_behind()
    {
        var options = Options with { BatchSize = 2, MicroBatch = 1, EmaDecays = [0.9, 0.99] };
        using var step = Step(options, TinyRun.Network with { Dropout = 0.1 });
        step.Run(Batch(options), 0, 1e-3);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var k = 1; k <= 200; k++)
        {
            step.Run(Batch(options), k, 1e-3);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TorchTheory]
    [InlineData(1, 4, 12)]
    [InlineData(3, 12, 4)]
    [InlineData(2, 4, 4)]
    public void Any_channels_and_sizes_that_are_not_square_train(int channels, int height, int width)
    {
        var network = UNetConfig.Ddpm(new ImageShape(channels, height, width), 9, [1, 3], 1, [2]) with { NormNumGroups = 3 };
        var data = new TinyImages(network.InputShape);
        using var step = Step(Options, network);
        var batches = new BatchMaker(data, new DiffusionObjective(NoiseSchedule.Linear()), TimestepSampling.Uniform, 2, 0);
        Assert.True(double.IsFinite(step.Run(batches.Make(0, 0), 0, 1e-3).Loss));
    }

    private static TrainingStep Step(TrainingOptions options, UNetConfig? network = null)
    {
        torch.set_num_threads(1);
        var graph = UNet.Build(network ?? TinyRun.Network);

        // Away from the zero last convolutions, where most gradients are zero.
        var weights = Initializer.Create(graph, 3);
        foreach (var (k, tensor) in weights.Values.Index())
        {
            for (var i = 0; i < tensor.Data.Length; i++)
            {
                tensor.Data[i] += 0.05f * MathF.Sin(i + k);
            }
        }

        return new TrainingStep(graph, options, p => weights[p.Name]);
    }

    private static TrainingBatch Batch(TrainingOptions options)
    {
        var objective = new DiffusionObjective(NoiseSchedule.Linear(), minSnrGamma: options.MinSnrGamma);
        return new BatchMaker(new TinyImages(TinyRun.Network.InputShape), objective, options.TimestepSampling, options.BatchSize, 5).Make(0, 0);
    }

    private static float[] Everything(TrainingStep step) =>
        [.. step.Network.ToHost().Values.Concat(step.Optimizer.Export().Values).Concat(step.Averages[0].Export().Values).SelectMany(t => t.Data)];
}
