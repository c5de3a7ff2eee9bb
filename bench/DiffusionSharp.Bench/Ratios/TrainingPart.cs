using DiffusionSharp.Bench.Eager;
using DiffusionSharp.Bench.Measuring;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Bench.Ratios;

/// <summary>One update: batch to weights and their average, against the same as plain eager libtorch.</summary>
internal static class TrainingPart
{
    private const string Part = "training";

    public static IEnumerable<Line> Run(Sizes sizes)
    {
        var subject = new Subject(sizes.Network);
        var batch = subject.Batch(sizes.TrainingBatch);
        var options = new TrainingOptions { BatchSize = batch.Count, TotalImages = 1 };
        using var ours = new TrainingStep(subject.Graph, options, p => subject.Weights[p.Name]);
        using var theirs = new EagerStep(subject.Config, options, subject.Weights);
        using var half = new TrainingStep(subject.Graph, options with { BFloat16 = true }, p => subject.Weights[p.Name]);

        // Two updates, so that the first one's clipping and Adam are compared too.
        for (var step = 0; step < 2; step++)
        {
            var (a, b, c) = (ours.Run(batch, step, options.LearningRate), theirs.Run(batch), half.Run(batch, step, options.LearningRate));
            Agreement.Require($"loss of update {step + 1}", a.Loss, b.Loss, 1e-4);
            Agreement.Require($"gradient norm of update {step + 1}", a.GradientNorm, b.GradientNorm, 1e-3);
            Agreement.Require($"bfloat16 loss of update {step + 1}", c.Loss, b.Loss, 5e-2);
        }

        var timings = Interleaved.Run(
            sizes.Rounds,
            ("ours, float32", () => ours.Run(batch, 0, options.LearningRate)),
            ("eager, float32", () => theirs.Run(batch)),
            ("ours, bfloat16", () => half.Run(batch, 0, options.LearningRate)));
        yield return new Line(Part, "parameters", subject.Graph.ParameterCount, null, "", $"batch {batch.Count}; losses and gradient norms of both agree");
        foreach (var timing in timings)
        {
            yield return Line.FromTiming(Part, timing);
        }

        yield return Line.FromTiming(Part, timings[0].Over(timings[1], "ours / eager"), "×", "goal: at most 1");
        yield return Line.FromTiming(Part, timings[2].Over(timings[1], "ours in bfloat16 / eager"), "×");
        foreach (var line in Line.Memory(Part, timings))
        {
            yield return line;
        }
    }
}
