using System.Diagnostics;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.Eager;

/// <summary>One update as one usually writes it: backward, clip_grad_norm_, torch.optim.Adam, the average as a loop.</summary>
internal sealed class EagerStep : IDisposable
{
    private readonly TrainingOptions options;
    private readonly EagerUNet network;
    private readonly Parameter[] parameters;
    private readonly Tensor[] averages;
    private readonly optim.Optimizer optimizer;

    public EagerStep(UNetConfig config, TrainingOptions options, IReadOnlyDictionary<string, HostTensor> weights)
    {
        this.options = options;
        network = new EagerUNet(config, weights);
        parameters = [.. network.parameters()];
        using (no_grad())
        {
            averages = [.. parameters.Select(p => p.clone())];
        }

        optimizer = optim.Adam(parameters, options.LearningRate, options.Beta1, options.Beta2, options.AdamEpsilon);
    }

    /// <summary>Seconds of the last update: from the batch to the loss, backward, and the rest.</summary>
    public (double Forward, double Backward, double Optimizer) Seconds { get; private set; }

    /// <summary>Does the update.</summary>
    /// <returns>The batch's loss and the gradient's norm before clipping.</returns>
    public (double Loss, double GradientNorm) Run(TrainingBatch batch)
    {
        var start = Stopwatch.GetTimestamp();
        using var scope = NewDisposeScope();
        var s = batch.Shape;
        long[] shape = [batch.Count, s.Channels, s.Height, s.Width];
        var x = tensor(batch.Xt, shape);
        var target = tensor(batch.Target, shape);
        var t = tensor(batch.Timesteps, dtype: ScalarType.Float32);

        optimizer.zero_grad();
        var loss = nn.functional.mse_loss(network.forward(x, t), target);
        var forward = Stopwatch.GetTimestamp();
        loss.backward();
        var backward = Stopwatch.GetTimestamp();
        var norm = nn.utils.clip_grad_norm_(parameters, options.GradientClip);
        optimizer.step();
        using (no_grad())
        using (var part = tensor(1 - options.EmaDecays[0]))
        {
            for (var i = 0; i < averages.Length; i++)
            {
                averages[i].lerp_(parameters[i], part);
            }
        }

        Seconds = (Between(start, forward), Between(forward, backward), Between(backward, Stopwatch.GetTimestamp()));
        return (loss.item<float>(), norm);

        static double Between(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalSeconds;
    }

    public void Dispose()
    {
        optimizer.Dispose();
        foreach (var average in averages)
        {
            average.Dispose();
        }

        network.Dispose();
    }
}
