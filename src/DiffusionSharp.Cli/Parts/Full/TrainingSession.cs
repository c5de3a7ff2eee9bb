using DiffusionSharp.Cli.Display;
using DiffusionSharp.Cli.Runs;
using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cli.Parts;

/// <summary>One sitting of a run with live progress; exports the model when the run is finished.</summary>
internal static class TrainingSession
{
    /// <summary>Trains.</summary>
    /// <returns>Whether the run is finished.</returns>
    public static TrainingOutcome Run(CliHost host, Trainer trainer, RunFolder run)
    {
        using var line = new ProgressLine(host);
        var began = trainer.State.Images;
        host.Error.WriteLine($"{(began == 0 ? "new run" : $"going on at {Human.Count(began)} images")}: {run.Root}");
        var (graph, options) = (trainer.Graph, trainer.Config.Training);
        host.Error.WriteLine(FormattableString.Invariant(
            $"{graph.InputShape}, {Human.Count(graph.ParameterCount)} parameters, {graph.FlopsPerImage / 1e9:F2} GFLOP per image, ")
            + $"batch {options.BatchSize} in parts of {options.MicroBatch}");
        if (graph.ClassCount is int classes)
        {
            host.Error.WriteLine(FormattableString.Invariant($"{classes} classes; {100 * options.LabelDrop:0.##} % of the labels are dropped"));
        }

        TrainingProgress? last = null;
        var outcome = trainer.Run(
            p => line.Update((last = p).Fraction, () => Describe(p)),
            preview => line.Say($"samples: {PreviewFile.Write(run.Samples, preview)}"),
            host.Interruption.Token);
        if (last is not null)
        {
            line.Update(last.Fraction, () => Describe(last), force: true);
        }

        if (outcome == TrainingOutcome.Interrupted)
        {
            line.Say($"stopped and saved at {Human.Count(trainer.State.Images)} images; go on with: ddim train --out {run.Root}");
            return outcome;
        }

        var card = ModelCard.Write(trainer.Config, trainer.Graph, trainer.State, CommandLog.Read(run.Root));
        return run.Guarded(() =>
        {
            ModelFolder.Save(run.Model, trainer.Config.UNet, trainer.Config.Scheduler, trainer.AveragedWeights(), card);
            return outcome;
        });
    }

    private static string Describe(TrainingProgress p) =>
        FormattableString.Invariant($"{Human.CountOf(p.Images, p.TotalImages)} images  loss {p.Loss:F4}  {p.ImagesPerSecond:F1} images/s  ")
        + $"ETA {Human.Time(p.Remaining)}  {Human.Bytes(p.MemoryBytes)}";
}
