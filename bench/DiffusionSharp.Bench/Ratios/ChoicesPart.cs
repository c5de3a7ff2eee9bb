using DiffusionSharp.Bench.Measuring;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Torch.Ops;
using DiffusionSharp.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.Ratios;

/// <summary>What the engine's own choices bring: channels-last, the fused optimizer, the fused average.</summary>
internal static class ChoicesPart
{
    private const string Part = "choices";

    public static IEnumerable<Line> Run(Sizes sizes)
    {
        var subject = new Subject(sizes.Network);
        return [.. Layout(subject, sizes), .. Updates(subject, sizes)];
    }

    private static Line[] Layout(Subject subject, Sizes sizes)
    {
        var batch = subject.Batch(sizes.TrainingBatch);
        using var last = new TorchNetwork(subject.Graph, p => subject.Weights[p.Name], new TorchOptions { ChannelsLast = true }, trainable: true);
        using var first = new TorchNetwork(subject.Graph, p => subject.Weights[p.Name], new TorchOptions { ChannelsLast = false }, trainable: true);
        var timings = Interleaved.Run(
            sizes.Rounds,
            ("forward and backward, channels last", () => ForwardBackward(last, batch)),
            ("forward and backward, channels first", () => ForwardBackward(first, batch)));
        return Pair(timings, "channels last / channels first");
    }

    private static IEnumerable<Line> Updates(Subject subject, Sizes sizes)
    {
        using var scope = NewDisposeScope();
        var parameters = subject.Weights.Select(w => KeyValuePair.Create(w.Key, HostCopy.ToTensor<float>(w.Value.Data, [.. w.Value.Shape.Select(d => (long)d)]))).ToList();
        Tensor[] gradients = [.. parameters.Select(p => rand_like(p.Value))];
        using var fusedAdam = new FusedAdam(parameters, new AdamOptions(), fused: true);
        using var plainAdam = new FusedAdam(parameters, new AdamOptions(), fused: false);
        using var fusedEma = new Ema(parameters, 0.9999, fused: true);
        using var plainEma = new Ema(parameters, 0.9999, fused: false);
        var adam = Interleaved.Run(sizes.Rounds * 2, ("Adam, fused", () => fusedAdam.Step(gradients, 1e-4)), ("Adam, plain loop", () => plainAdam.Step(gradients, 1e-4)));
        var ema = Interleaved.Run(sizes.Rounds * 2, ("average, fused", fusedEma.Update), ("average, plain loop", plainEma.Update));
        return [.. Pair(adam, "Adam: fused / plain loop"), .. Pair(ema, "average: fused / plain loop")];
    }

    private static Line[] Pair(Timing[] timings, string ratio) =>
        [Line.FromTiming(Part, timings[0]), Line.FromTiming(Part, timings[1]), Line.FromTiming(Part, timings[0].Over(timings[1], ratio), "×"), .. Line.Memory(Part, timings)];

    private static void ForwardBackward(TorchNetwork network, TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        var s = batch.Shape;
        var x = HostCopy.ToTensor<float>(batch.Xt, [batch.Count, s.Channels, s.Height, s.Width]);
        var target = HostCopy.ToTensor<float>(batch.Target, x.shape);
        var loss = nn.functional.mse_loss(network.Forward(x, tensor(batch.Timesteps), null), target);
        autograd.grad([loss], [.. network.Parameters.Values]);
    }
}
