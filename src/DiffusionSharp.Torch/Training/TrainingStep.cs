using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Torch.Ops;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Training;

/// <summary>One update: loss and gradients of a batch, in micro-batches that fit memory, then clip, optimizer and averages.</summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly TrainingOptions options;
    private readonly Tensor[] parameters;
    private readonly MicroBatchSize microBatch;

    public TrainingStep(NetworkGraph graph, TrainingOptions options, Func<ParameterSpec, HostTensor> weights)
    {
        this.options = options;
        var torchOptions = new TorchOptions { Device = options.Device, Precision = options.BFloat16 ? ComputePrecision.BFloat16 : ComputePrecision.Float32 };
        Network = new TorchNetwork(graph, weights, torchOptions, trainable: true);
        var named = Network.Parameters.ToList();
        parameters = [.. named.Select(p => p.Value)];
        Optimizer = new FusedAdam(named, new AdamOptions
        {
            Beta1 = options.Beta1,
            Beta2 = options.Beta2,
            Epsilon = options.AdamEpsilon,
            WeightDecay = options.WeightDecay,
            Decoupled = options.Optimizer == OptimizerKind.AdamW,
        });
        Averages =
        [
            .. options.EmaDecays.Select(d => new Ema(named, d, options.EmaWarmup)),
            .. options.PosthocLengths.Select(l => new Ema(named, 0, warmUp: false, exponent: PowerAverage.Exponent(l))),
        ];
        microBatch = new MicroBatchSize(options.MicroBatch ?? options.BatchSize);
    }

    public TorchNetwork Network { get; }

    public FusedAdam Optimizer { get; }

    public IReadOnlyList<Ema> Averages { get; }

    /// <summary>Does the update.</summary>
    /// <returns>The batch's loss and the gradient's norm before clipping.</returns>
    /// <exception cref="DiffusionException">The loss or a gradient is not finite; nothing was updated.</exception>
    public UpdateResult Run(TrainingBatch batch, long step, double learningRate)
    {
        using var scope = NewDisposeScope();
        var (loss, gradients) = LossAndGradients(batch, step);
        var norm = (options.GradientClip > 0 ? GradientNorm.Clip(gradients, options.GradientClip) : GradientNorm.Total(gradients)).item<float>();
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new DiffusionException(ErrorKind.NonFinite, $"update {step}: the loss is {loss} and the gradient's norm {norm}; the weights were not touched");
        }

        Optimizer.Step(gradients, learningRate);
        foreach (var average in Averages)
        {
            average.Update();
        }

        return new(loss, norm);
    }

    /// <summary>The batch's loss and gradients; a micro-batch that does not fit memory is halved and the batch begun anew.</summary>
    internal (double Loss, Tensor[] Gradients) LossAndGradients(TrainingBatch batch, long step) =>
        microBatch.Fit(size => Accumulate(batch, step, size));

    private (double Loss, Tensor[] Gradients) Accumulate(TrainingBatch batch, long step, int size)
    {
        using var scope = NewDisposeScope();
        using var one = 1.ToScalar();
        var (loss, sum) = MicroBatchGradients(batch, 0, Math.Min(size, batch.Count), step);
        for (var first = size; first < batch.Count; first += size)
        {
            var (more, gradients) = MicroBatchGradients(batch, first, Math.Min(size, batch.Count - first), step);
            loss += more;
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i].add_(gradients[i], one);
                gradients[i].Dispose();
            }
        }

        return (loss, [.. sum.Select(g => g.MoveToOuterDisposeScope())]);
    }

    private (double Loss, Tensor[] Gradients) MicroBatchGradients(TrainingBatch batch, int first, int count, long step)
    {
        using var scope = NewDisposeScope();
        var s = batch.Shape;
        long[] shape = [count, s.Channels, s.Height, s.Width];
        var range = (first * s.Elements)..((first + count) * s.Elements);
        var x = HostCopy.ToTensor<float>(batch.Xt.AsSpan(range), shape, Network.Device);
        var target = HostCopy.ToTensor<float>(batch.Target.AsSpan(range), shape, Network.Device);
        var weights = HostCopy.ToTensor<float>(batch.LossWeights.AsSpan(first, count), [count], Network.Device);
        var t = tensor(batch.Timesteps.AsSpan(first, count).ToArray(), ScalarType.Float64, Network.Device);
        var labels = tensor(batch.Labels.AsSpan(first, count).ToArray(), ScalarType.Int64, Network.Device);

        var prediction = Network.Forward(x, t, labels, new DropoutFactors(options.Seed, step, first));
        var losses = Loss.PerImage(prediction, target, options.Loss, options.Reduction).mul(weights);
        using var all = batch.Count.ToScalar();
        var loss = losses.sum().div(all);
        var gradients = autograd.grad([loss], parameters);
        foreach (var gradient in gradients)
        {
            gradient.MoveToOuterDisposeScope();
        }

        var each = new float[count];
        HostCopy.Read(losses.detach(), each.AsSpan());
        for (var i = 0; i < count; i++)
        {
            batch.Losses[first + i] = each[i];
        }

        return (loss.item<float>(), [.. gradients]);
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        foreach (var average in Averages)
        {
            average.Dispose();
        }

        Network.Dispose();
    }
}
