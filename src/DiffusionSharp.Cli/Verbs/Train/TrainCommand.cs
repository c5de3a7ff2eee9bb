using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Sources;
using DiffusionSharp.Data;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary><c>ddim train</c>: begins a run or goes on with one.</summary>
internal sealed class TrainCommand
{
    public const string Help = $"""
        Example:  ddim train photos/ --out runs/photos
        Go on:    ddim train --out runs/photos            (Ctrl-C saves first)

        Trains a DDPM. DATA: a folder of images, builtin:shapes, or what the help of ddim data check
        lists. Intervals and warm-up are counted in images. [defaults]
        Length     --epochs N [300] | --steps N | --duration 45m
        Images     --size N|HxW [96, or the data's own]  --colour gray|rgb|rgba [rgb; digits: gray]  --flip
                   --crop celeba: the paper's square  --background "#RRGGBB": behind the transparent
                   --max-bad PART [0.1%]  --column NAME of parquet [image, else img, else the first]
                   --validation PART|N: kept apart from training, for validation only [0]
                   --dequantize none|uniform|gaussian [none]  --logit: learn the logit of levels
                   --augment PART [0; EDM: 12%]: flip, turn, stretch, shift, and tell the network
        Network    --channels N [64]  --multipliers LIST [1,2,2,4, as the size needs]  --layers N [2]
                   --attention LIST: resolutions [nearest to 16]  --groups N [32, or what fits]  --dropout P
                   --from MODEL: fine-tune a model, checkpoint or run  --about K=V,…: see ddim convert -h
        Classes    --classes folders|top-folders|data: learn them, by folder or by labels of DATA [off]
                   --label-drop PART: labels left out at random, so that samples can be guided [0.1]
        Schedule   --schedule S [linear; the help of ddim plan lists them]  --train-timesteps T [1000]
                   --beta-start X [0.0001]  --beta-end X [0.02]  --zero-snr
        Objective  --prediction epsilon|sample|v_prediction [epsilon]  --loss l2|l1|huber [l2]
                   --reduction mean|sum [mean]  --min-snr GAMMA [off]
                   --timestep-sampling uniform|antithetic|loss-aware [uniform]
                   --edm: EDM's  --sigma-data X [0.5]  --p-mean X [-1.2], --p-std X [1.2] of ln sigma
                   --learn-variance: for eta learned  --variance-weight X [0.001]: of the bound
        Teacher    --teacher MODEL: learn what it says, with --guidance W, --guide-with, --guidance-interval
        Optimizer  --lr X [0.0002]  --optimizer adam|adamw [adam]  --weight-decay X [0]
                   --clip-gradient X [1; 0 = off]  --warmup IMAGES [0]
                   --decay constant|linear|cosine|cosine_with_restarts|polynomial [constant]
                   --decay-cycles N [1] of restarts; --decay-power X [1], --final-lr X [1e-7] of polynomial
                   --batch N [128]  --accumulate K: batches an update  --micro-batch N [what fits]
                   --ema LIST [0.9999]: decays; the first is sampled  --no-ema-warmup
                   --posthoc-ema LIST [none; 0.05,0.1]: stored every --snapshot-every IMAGES, for convert
        Saving     --out, -o RUN  --checkpoint-every IMAGES [500000, and every 15 minutes]  --keep N [3]
                   --sample-every IMAGES, --validate-every IMAGES [a twentieth of the run; 0 = never]
        Machine    --threads N [all cores]: no bit changes  --seed S [0]
                   --engine cpu|torch [{TrainingEngines.Default}]; of torch, in builds with it: --device cpu|cuda:N
        16 bits    --activations float32|bfloat16 [float32]: of cpu, kept  --bf16: of torch, computed
        Trying     --dry-run: two updates, parameters, memory, ETA; writes nothing  --json
        RUN holds config.json, metrics.jsonl, tensorboard/, samples/ (also at 30 s, 1, 2, 4 … min, and the
        end), checkpoints/, model/. On resume, options left out are its own; --allow-changes: changed ones.
        """;

    private const string DataMissing = "the data is missing: ddim train DATA --out RUN, with a folder of images or builtin:shapes as DATA";

    private readonly CliHost host;
    private readonly IReadOnlyList<string> args;
    private readonly Argument<string?> data = new("DATA") { Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> output = new("--out", "-o");
    private readonly Option<string?> from = new("--from");
    private readonly Option<CheckpointFacts> about = AboutOptions.AboutOption();
    private readonly Option<bool> flip = new("--flip");
    private readonly Option<ImageCrop> crop = Parse.Option("--crop", ImageCrop.Parse);
    private readonly Option<double> maxBad = DataSource.MaxBadOption();
    private readonly Option<string?> column = DataSource.ColumnOption();
    private readonly Option<Rgb> background = Parse.Option("--background", Rgb.Parse);
    private readonly Option<double> heldOut = DataSource.ValidationOption();
    private readonly Option<bool> dryRun = new("--dry-run");
    private readonly Option<bool> json = JsonOption.Create();
    private readonly Option<bool> allowChanges = new("--allow-changes");
    private readonly NetworkOptions network = new();
    private readonly ClassOptions classes = new();
    private readonly ScheduleOptions schedule = new();
    private readonly PixelOptions pixels = new();
    private readonly VarianceOptions variance = new();
    private readonly EdmOptions edm = new();
    private readonly TeacherOptions teacher = new();
    private readonly OptimisationOptions optimisation = new();

    private TrainCommand(CliHost host, IReadOnlyList<string> args) => (this.host, this.args) = (host, args);

    public static Command Create(CliHost host, IReadOnlyList<string> args)
    {
        var train = new TrainCommand(host, args);
        var command = new Command("train") { train.data };
        Option[] own =
        [
            train.output, train.from, train.about, train.flip, train.crop, train.maxBad, train.column, train.background, train.heldOut,
            train.dryRun, train.json, train.allowChanges,
        ];
        foreach (var option in own.Concat(train.network.All).Concat(train.classes.All).Concat(train.schedule.All).Concat(train.pixels.All).Concat(train.variance.All).Concat(train.edm.All).Concat(train.teacher.All).Concat(train.optimisation.All))
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
            var more = r.GetValue(data) is null ? $"; {DataMissing}, unless the folder holds a run" : "";
            throw new DiffusionException(ErrorKind.Usage, $"--out is missing: name the folder of the run, such as --out runs/first{more}");
        }

        if (r.GetResult(optimisation.Duration) is { Tokens: [{ Value: var time }] } && !char.IsLetter(time[^1]))
        {
            host.Error.WriteLine($"note: {optimisation.Duration.Name} {time} is {time} seconds; {time}m and {time}h are minutes and hours");
        }

        if (folder is not null)
        {
            OutputName.RequireFolder(output.Name, folder);
        }

        var run = folder is null ? null : new RunFolder(folder);
        var saved = run is { Exists: true } ? RunConfig.Read(run.Config) : null;
        RequireEngine(r, run, saved);
        string? note = null;
        var checkpoint = run?.Latest(out note);
        if (note is not null)
        {
            host.Error.WriteLine($"note: {note}");
        }

        RequireKept(r, run, saved);
        var (config, training, validation) = Resolve(r, run, saved);
        using var trainingEnd = training;
        using var validationEnd = validation;
        using var weights = config.From is { } model && checkpoint is null ? ModelSource.Open(model, facts: r.GetValue(about)).OpenWeights() : null;
        Func<ParameterSpec, HostTensor>? initial = weights is null ? null : weights.Read;
        if (r.GetValue(dryRun))
        {
            var found = TrainingSession.DryRun(host, config, training, initial);
            JsonOption.Print(host, r.GetValue(json), found.Json, found.Text);
            return 0;
        }

        if (TrainingSession.Train(host, run!, args, config, training, validation, initial, r.GetValue(allowChanges)) is not { } state)
        {
            return host.Interruption.ExitCode;
        }

        JsonOption.Print(
            host,
            r.GetValue(json),
            () => new JsonObject
            {
                ["run"] = run!.Root,
                ["model"] = run.Model,
                ["images"] = state.Images,
                ["updates"] = state.Step,
                ["seconds"] = state.Seconds,
            },
            () => $"finished; the model is in {run!.Model}\nsample it: ddim sample --model {ShellWord.Quote(Path.Join(folder, "model"))} --out grid.png");
        return 0;
    }

    // What the data and the network would say of these is about things that nobody typed.
    private void RequireKept(ParseResult r, RunFolder? run, RunConfig? saved)
    {
        if (saved?.Network is not { } network)
        {
            return;
        }

        var shape = network.InputShape;
        List<string> problems = [];
        if (r.GetValue(this.network.Size) is { } size && size != (shape.Height, shape.Width))
        {
            problems.Add($"{this.network.Size.Name}: found {Side(size)}; the run has size {Side((shape.Height, shape.Width))}");
        }

        if (r.Has(classes.Classes) && network is UNetConfig { NumClassEmbeds: null })
        {
            problems.Add($"{classes.Classes.Name}: the run was begun without classes");
        }

        if (problems.Count > 0)
        {
            throw new DiffusionException(
                ErrorKind.Configuration, $"{run!.Root} keeps the network it was begun with: {string.Join("; ", problems)}. Leave that out, or choose another folder with --out");
        }

        static string Side((int Height, int Width) size) => size.Height == size.Width ? $"{size.Height}" : $"{size.Height}x{size.Width}";
    }

    // Before any data is read.
    private void RequireEngine(ParseResult r, RunFolder? run, RunConfig? saved)
    {
        var engine = optimisation.Machine(r, saved?.Training).Engine;
        if (engine == EngineNames.Libtorch && !TorchPart.IsThere && saved?.Training.Engine == engine && !r.Has(optimisation.Engine))
        {
            throw new DiffusionException(
                ErrorKind.Device,
                $"{run!.Root} was begun on libtorch, which this build does not have: --engine cpu --allow-changes goes on with it on the managed engine, "
                + "whose rounding is another; or build ddim with -p:TorchBackend=cpu or =cuda");
        }

        TrainingEngines.Get(engine);
    }

    private (RunConfig Config, IBatchSource Training, IBatchSource? Validation) Resolve(ParseResult r, RunFolder? run, RunConfig? saved)
    {
        var model = r.GetValue(from) is { } path && saved is null ? ModelOptions.Told(ModelSource.Open(path, facts: r.GetValue(about)), host) : null;
        if (model is not null && network.Given(r).Append(classes.Classes).Append(variance.Learn).Concat(edm.OfModel).Where(r.Has).Concat(schedule.Given(r)).Concat(pixels.All.Where(r.Has)).FirstOrDefault() is { } clash)
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"{clash.Name} does not go with --from: network and schedule are those of the model");
        }

        var name = Name(r.GetValue(data)) ?? saved?.Data
            ?? throw new DiffusionException(ErrorKind.Usage, DataMissing);
        if (run is not null)
        {
            RequireApart(run, name);
        }

        var begun = model?.Network;
        var known = saved?.Network ?? begun;
        var size = r.GetValue(network.Size) ?? (known is null ? null : (known.InputShape.Height, known.InputShape.Width));
        var reading = saved?.DataOptions ?? new RunDataOptions();
        reading = new RunDataOptions
        {
            Flip = r.Or(flip, reading.Flip),
            Crop = r.Has(crop) ? r.GetValue(crop)!.ToString() : reading.Crop,
            MaxBadFraction = r.Or(maxBad, reading.MaxBadFraction),
            Background = r.Or(background, Rgb.Parse(reading.Background)).ToString(),

            // Other data has other columns.
            Column = r.GetValue(column) ?? (name == saved?.Data ? reading.Column : null),
            HeldOut = r.Or(heldOut, reading.HeldOut),
            Classes = classes.Source(r, name, reading.Classes),
        };
        var (training, validation) = DataSource.Open(host, name, new DataOptions
        {
            Height = size?.Height,
            Width = size?.Width,
            Channels = r.Has(network.Colour) ? r.GetValue(network.Colour) : known?.InputShape.Channels,
            Flip = reading.Flip,
            Crop = reading.Crop is { } named ? ImageCrop.Parse(named) : null,
            MaxBadFraction = reading.MaxBadFraction,
            Background = Rgb.Parse(reading.Background),
            Column = reading.Column,
            Classes = DataSource.ClassesOf(reading.Classes),
            Seed = r.Or(optimisation.Seed, saved?.Training.Seed ?? 0),
        }, reading.HeldOut);
        var open = begun ?? network.Resolve(r, training.Shape, saved?.Network);
        var (chosen, labelDrop) = classes.Resolve(r, name, training, open, known, saved?.Training.LabelDrop);
        if (chosen.ClassCount is not null && training is ImageBatchSource { ClassNote: { } note })
        {
            host.Error.WriteLine($"note: {Human.Plain(note)}");
        }

        var config = new RunConfig
        {
            Network = chosen,
            Scheduler = model?.Scheduler ?? pixels.Resolve(r, schedule.Resolve(r, saved?.Scheduler)),
            Training = optimisation.Resolve(r, training.ImagesPerEpoch, saved?.Training) with { LabelDrop = labelDrop },
            Data = name,
            DataFingerprint = training.Fingerprint,
            DataOptions = reading with { Column = (training as ImageBatchSource)?.Column?.Name },
            From = r.GetValue(from) is { } begin ? Path.GetFullPath(begin) : saved?.From,
        };
        config = edm.Resolve(r, variance.Resolve(r, config, saved?.Network), saved?.Scheduler ?? model?.Scheduler, schedule);
        return (teacher.Resolve(r, config, saved?.TaughtBy), training, validation);
    }

    // Its previews would become images of the data, which would then be other data when the run goes on.
    private static void RequireApart(RunFolder run, string data)
    {
        if (Directory.Exists(data) && RealPath.IsWithin(run.Root, data))
        {
            throw new DiffusionException(
                ErrorKind.Usage, $"the run {run.Root} lies in its own data, {data}, which it would change: name another folder with --out (a run that is there can be moved)");
        }
    }

    // A run can be gone on with from any folder.
    private static string? Name(string? given) =>
        given is null || given.StartsWith("builtin:", StringComparison.Ordinal) ? given : Path.GetFullPath(given);
}
