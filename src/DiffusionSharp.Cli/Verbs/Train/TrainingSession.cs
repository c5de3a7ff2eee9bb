using DiffusionSharp.Cli.Cards;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Data;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>One session of a run with live progress; exports the model when the run is finished.</summary>
internal static class TrainingSession
{
    /// <summary>Trains until the run's end or until it is asked to stop; exports the model at the end.</summary>
    /// <param name="host">Shows the progress.</param>
    /// <param name="run">The run.</param>
    /// <param name="args">The command, for the run's log.</param>
    /// <param name="config">The configuration, which names the engine.</param>
    /// <param name="data">The training images.</param>
    /// <param name="validation">Images for validation; null takes those of <paramref name="data"/>.</param>
    /// <param name="initial">Weights to begin with; null draws them.</param>
    /// <param name="allowChanges">Whether a changed configuration is accepted on resume.</param>
    /// <returns>Where the run stands; null when it was interrupted.</returns>
    public static TrainingState? Train(
        CliHost host, RunFolder run, IReadOnlyList<string> args, RunConfig config, IBatchSource data,
        IBatchSource? validation = null, Func<ParameterSpec, HostTensor>? initial = null, bool allowChanges = false)
    {
        using var teacher = TeacherOptions.Load(host, config);
        using var trainer = Trainer.Open(Engine(config, teacher), run.Root, config, data, validation, initial, allowChanges, host.Clock);
        TellNote(host, config);
        CommandLog.Append(run.Root, args);
        return Run(host, trainer, run) == TrainingOutcome.Interrupted ? null : trainer.State;
    }

    /// <summary>Does two updates in a folder that is deleted again.</summary>
    public static DryRun DryRun(CliHost host, RunConfig config, IBatchSource data, Func<ParameterSpec, HostTensor>? initial)
    {
        var scratch = Directory.CreateTempSubdirectory("ddim-dry-run-");
        try
        {
            using var teacher = TeacherOptions.Load(host, config);
            using var trainer = Trainer.Open(Engine(config, teacher), scratch.FullName, config, data, initialWeights: initial, clock: host.Clock);
            TellNote(host, config);
            var (seconds, memory) = trainer.DryRun();
            return Verbs.Train.DryRun.Estimate(trainer.Graph, trainer.Config.Training, seconds, memory);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static TrainingEngine Engine(RunConfig config, Teacher? teacher)
    {
        var engine = TrainingEngines.Get(config.Training.Engine);
        return teacher is null ? engine : teacher.Teach(engine);
    }

    private static void TellNote(CliHost host, RunConfig config)
    {
        if (config.Training.Engine == EngineNames.Libtorch)
        {
            TorchPart.TellNote(host);
        }
    }

    private static TrainingOutcome Run(CliHost host, Trainer trainer, RunFolder run)
    {
        using var line = new ProgressLine(host);
        var began = trainer.State.Images;
        host.Error.WriteLine($"{(began == 0 ? "new run" : $"going on at {Human.Images(began)}")}: {run.Root}");
        var (graph, options) = (trainer.Graph, trainer.Config.Training);
        host.Error.WriteLine(FormattableString.Invariant(
            $"{graph.InputShape}, {Human.Count(graph.ParameterCount)} parameters, {graph.FlopsPerImage / 1e9:F2} GFLOP per image, ")
            + $"batch {options.BatchSize} in parts of up to {options.MicroBatch}");
        if (graph.ClassCount is int classes)
        {
            host.Error.WriteLine(FormattableString.Invariant($"{Human.Quantity(classes, "class")}; {100 * options.LabelDrop:0.##} % of the labels are dropped"));
        }

        TrainingProgress? last = null;
        var outcome = trainer.Run(
            new SynchronousProgress<TrainingProgress>(p => line.Update((last = p).Fraction, Describe(p))),
            preview => line.Say($"samples: {PreviewFile.Write(run.Samples, preview, trainer.Config.Network.ClassNames)}"),
            host.Interruption.Token);
        if (last is not null)
        {
            line.Update(last.Fraction, Describe(last), force: true);
        }

        if (outcome == TrainingOutcome.Interrupted)
        {
            line.Say($"stopped and saved at {Human.Images(trainer.State.Images)}; go on with: ddim train --out {ShellWord.Quote(run.Root)}");
            return outcome;
        }

        if (last is null)
        {
            line.Say($"nothing was done: the run was finished at {Human.Images(trainer.State.Images)}; a greater --steps, --epochs or --duration goes on with it");
        }

        var card = ModelCard.Write(trainer.Config, trainer.Graph, trainer.State, CommandLog.Read(run.Root));
        return run.Guarded(() =>
        {
            ModelFolder.Save(run.Model, trainer.Config.Network, trainer.Config.Scheduler, trainer.AveragedWeights(), card);
            return outcome;
        });
    }

    private static Func<ProgressPart[]> Describe(TrainingProgress p) => () =>
    [
        new($"{Human.CountOf(p.Images, p.TotalImages)} images", Importance: 2),
        new(FormattableString.Invariant($"loss {p.Loss:F4}"), Importance: 3),
        ProgressPart.Rate(p.ImagesPerSecond, "images/s"),
        ProgressPart.Eta(p.Remaining),
        new(Human.Bytes(p.MemoryBytes), Importance: 1),
    ];
}
