using System.CommandLine;
using DiffusionSharp.Cli.Display;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Runs;
using DiffusionSharp.Data;
using DiffusionSharp.Models;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cli.Commands;

/// <summary><c>ddim train</c>: begins a run or goes on with one.</summary>
internal sealed class TrainCommand
{
    private readonly CliHost host;
    private readonly IReadOnlyList<string> args;
    private readonly Argument<string?> data = new("DATA") { Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> output = new("--out", "-o");
    private readonly Option<string?> from = new("--from");
    private readonly Option<bool> flip = new("--flip");
    private readonly Option<bool> dryRun = new("--dry-run");
    private readonly Option<bool> allowChanges = new("--allow-changes");
    private readonly NetworkOptions network = new();
    private readonly ScheduleOptions schedule = new();
    private readonly OptimisationOptions optimisation = new();

    private TrainCommand(CliHost host, IReadOnlyList<string> args) => (this.host, this.args) = (host, args);

    public static Command Create(CliHost host, IReadOnlyList<string> args)
    {
        var train = new TrainCommand(host, args);
        var command = new Command("train") { train.data, train.output, train.from, train.flip, train.dryRun, train.allowChanges };
        foreach (var option in train.network.All.Concat(train.schedule.All).Concat(train.optimisation.All))
        {
            command.Add(option);
        }

        command.SetAction(train.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var folder = r.GetValue(output);
        if (folder is null && !r.GetValue(dryRun))
        {
            throw new DiffusionException(ErrorKind.Usage, "--out is missing: name the folder of the run, such as --out runs/first");
        }

        var run = folder is null ? null : new RunFolder(folder);
        var saved = run is { Exists: true } ? RunConfig.Read(run.Config) : null;
        var (config, training, validation) = Resolve(r, saved);
        var weights = config.From is { } model && (run is null || run.Latest() is null) ? ModelSource.Open(model).ReadWeights().ToDictionary() : null;
        if (r.GetValue(dryRun))
        {
            return DryRun(config, training, weights);
        }

        using var trainer = Trainer.Open(run!.Root, config, training, validation, weights is null ? null : p => weights[p.Name], r.GetValue(allowChanges), host.Clock);
        CommandLog.Append(run.Root, args);
        host.Error.WriteLine($"{(saved is null ? "new run" : $"going on at {Human.Count(trainer.State.Images)} images")}: {run.Root}");
        host.Error.WriteLine($"{trainer.Graph.InputShape}, {Human.Count(trainer.Graph.ParameterCount)} parameters, {trainer.Graph.FlopsPerImage / 1e9:F2} GFLOP per image, batch {trainer.Config.Training.BatchSize} in parts of {trainer.Config.Training.MicroBatch}");
        return Train(trainer, run);
    }

    private int Train(Trainer trainer, RunFolder run)
    {
        using var line = new ProgressLine(host);
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
            return host.Interruption.ExitCode;
        }

        ModelFolder.Save(run.Model, trainer.Config.UNet, trainer.Config.Scheduler, trainer.AveragedWeights(), ModelCard.Write(trainer.Config, trainer.Graph, trainer.State, CommandLog.Read(run.Root)));
        line.Say($"finished; the model is in {run.Model}\nsample it: ddim sample --model {run.Model} --out grid.png");
        return 0;
    }

    private (RunConfig Config, IBatchSource Training, IBatchSource? Validation) Resolve(ParseResult r, RunConfig? saved)
    {
        var model = r.GetValue(from) is { } path && saved is null ? ModelSource.Open(path) : null;
        if (model is not null && network.Given(r).Concat(schedule.Given(r)).FirstOrDefault() is { } clash)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{clash.Name} does not go with --from: network and schedule are those of the model");
        }

        var name = r.GetValue(data) ?? saved?.Data
            ?? throw new DiffusionException(ErrorKind.Usage, "the data is missing: ddim train DATA --out RUN, with a folder of images or builtin:shapes as DATA");
        var known = saved?.UNet ?? model?.UNet;
        var size = r.GetValue(network.Size) ?? (known is null ? null : (known.Height, known.Width));
        var (training, validation) = DataSource.Open(name, size, r.GetValue(flip), r.Or(optimisation.Seed, saved?.Training.Seed ?? 0));
        var config = new RunConfig
        {
            UNet = model?.UNet ?? network.Resolve(r, training.Shape, saved?.UNet),
            Scheduler = model?.Scheduler ?? schedule.Resolve(r, saved?.Scheduler),
            Training = optimisation.Resolve(r, training.ImagesPerEpoch, saved?.Training),
            Data = name,
            DataFingerprint = training.Fingerprint,
            ClassNames = [.. training.ClassNames],
            From = r.GetValue(from) ?? saved?.From,
        };
        return (config, training, validation);
    }

    private int DryRun(RunConfig config, IBatchSource training, Dictionary<string, HostTensor>? weights)
    {
        var scratch = Directory.CreateTempSubdirectory("ddim-dry-run-");
        try
        {
            using var trainer = Trainer.Open(scratch.FullName, config, training, initialWeights: weights is null ? null : p => weights[p.Name], clock: host.Clock);
            var (seconds, memory) = trainer.DryRun();
            var t = trainer.Config.Training;
            var remaining = t.TotalImages is long total ? TimeSpan.FromSeconds(seconds * total / t.BatchSize) : TimeSpan.MaxValue;
            remaining = t.MaxSeconds is double most && most < remaining.TotalSeconds ? TimeSpan.FromSeconds(most) : remaining;
            host.Out.WriteLine($"parameters   {Human.Count(trainer.Graph.ParameterCount)}");
            host.Out.WriteLine($"GFLOP/image  {trainer.Graph.FlopsPerImage / 1e9:F3}");
            host.Out.WriteLine($"batch        {t.BatchSize} in parts of {t.MicroBatch}");
            host.Out.WriteLine($"memory       {Human.Bytes(memory)}");
            host.Out.WriteLine($"images/s     {t.BatchSize / seconds:F1}");
            host.Out.WriteLine($"time         {Human.Time(remaining)}{(t.TotalImages is long images ? $" for {Human.Count(images)} images" : "")}");
            return 0;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static string Describe(TrainingProgress p) =>
        $"{Human.Count(p.Images)}{(p.TotalImages is long total ? $"/{Human.Count(total)}" : "")} images  loss {p.Loss:F4}  {p.ImagesPerSecond:F1} images/s  ETA {Human.Time(p.Remaining)}  {Human.Bytes(p.MemoryBytes)}";
}
