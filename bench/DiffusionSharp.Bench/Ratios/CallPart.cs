using DiffusionSharp.Bench.Eager;
using DiffusionSharp.Bench.Measuring;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Bench.Ratios;

/// <summary>One network call from host memory to host memory, against eager libtorch and against the machine.</summary>
internal static class CallPart
{
    private const string Part = "call";

    public static IEnumerable<Line> Run(Sizes sizes)
    {
        var subject = new Subject(sizes.Network);
        var batch = subject.Batch(sizes.CallBatch);
        using var ours = new TorchDenoiser(subject.Graph, p => subject.Weights[p.Name]);
        using var theirs = new EagerDenoiser(subject.Config, subject.Weights);
        using var half = new TorchDenoiser(subject.Graph, p => subject.Weights[p.Name], new TorchOptions { Precision = ComputePrecision.BFloat16 });
        float[] a = new float[batch.Xt.Length], b = new float[a.Length], c = new float[a.Length];
        Predict(ours, batch, a);
        Predict(theirs, batch, b);
        Predict(half, batch, c);
        Agreement.Require("prediction", a, b, 1e-4);
        Agreement.Require("bfloat16 prediction", c, b, 5e-2);

        var timings = Interleaved.Run(
            sizes.Rounds * 2,
            ("ours, float32", () => Predict(ours, batch, a)),
            ("eager, float32", () => Predict(theirs, batch, b)),
            ("ours, bfloat16", () => Predict(half, batch, c)));
        foreach (var timing in timings)
        {
            yield return Line.FromTiming(Part, timing, note: timing == timings[0] ? $"batch {batch.Count}; predictions agree" : "");
        }

        yield return Line.FromTiming(Part, timings[0].Over(timings[1], "ours / eager"), "×");
        yield return Line.FromTiming(Part, timings[2].Over(timings[1], "ours in bfloat16 / eager"), "×");
        foreach (var line in Line.Memory(Part, timings).Concat(Floor.Lines(Part, subject.Graph.FlopsPerImage, batch.Count, timings, sizes)))
        {
            yield return line;
        }
    }

    private static void Predict(IDenoiser denoiser, TrainingBatch batch, float[] prediction) => denoiser.Predict(
        new DenoiserInput { Count = batch.Count, Shape = batch.Shape, X = batch.Xt, Timesteps = batch.Timesteps }, prediction);
}
