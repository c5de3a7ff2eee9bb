using DiffusionSharp.Files;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Models;

/// <summary>What a model on disk says of itself: a diffusers folder, a checkpoint of somebody's training code, or one of a training run's checkpoints.</summary>
public sealed class ModelSource
{
    private const string CardLine = "- Data: `";
    private const int MostOfCard = 1 << 16;

    private readonly IReadOnlyList<string> notes = [];

    private ModelSource(string path, string weightsPath, StateDict set, string tunedTimestepsPath, NetworkConfig network, SchedulerConfig scheduler) =>
        (Path, WeightsPath, Set, TunedTimestepsPath, Network, Scheduler, TrainedShape) = (path, weightsPath, set, tunedTimestepsPath, network, scheduler, network.InputShape);

    /// <summary>The folder or file.</summary>
    public string Path { get; }

    /// <summary>The file the weights are read from.</summary>
    public string WeightsPath { get; }

    /// <summary>The file of the tuned timesteps, which need not be there.</summary>
    public string TunedTimestepsPath { get; }

    /// <summary>The network's options.</summary>
    public NetworkConfig Network { get; }

    /// <summary>Schedule and prediction type.</summary>
    public SchedulerConfig Scheduler { get; }

    /// <summary>Shape of the images it was trained on, as far as it says; <see cref="Network"/> may be asked for others.</summary>
    public ImageShape TrainedShape { get; private init; }

    /// <summary>The data it was trained on: a run's, or what the model card (README.md) that our training writes says; null when unknown.</summary>
    public string? Data { get; private init; }

    /// <summary>By whose names the weights are stored.</summary>
    public WeightsLayout Layout => Set.Layout;

    /// <summary>What precedes those names in the file: <c>4.</c>, <c>ema.ema_model.model.</c>; mostly nothing.</summary>
    public string Prefix => Set.Prefix;

    /// <summary>Which tensors of that file are the network's.</summary>
    internal StateDict Set { get; }

    /// <summary>The training run's checkpoint that it is; null for a model of another kind.</summary>
    public RunCheckpoint? OfRun { get; private init; }

    /// <summary>What was assumed because the model does not say it, in sentences.</summary>
    public IReadOnlyList<string> Notes
    {
        get => Network.InputShape == TrainedShape ? notes : [.. notes, $"it was trained on images of {TrainedShape.Height}×{TrainedShape.Width}, and is run at {Network.InputShape.Height}×{Network.InputShape.Width}"];
        private init => notes = value;
    }

    /// <summary>Opens a model folder, a checkpoint file, a run folder (its newest checkpoint), or one of a run's checkpoints: its folder or a file in it.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="raw">For a run or a checkpoint with both: the weights themselves instead of their (first) moving average.</param>
    /// <param name="facts">
    /// What a checkpoint file, or a network's folder without a scheduler, does not say of itself; and, for any model, the size of the images where it is not
    /// the one it was trained at (see <see cref="At"/>). Null for nothing.
    /// </param>
    /// <param name="average">The moving average, and nothing else: a model without one is an error. Otherwise it is taken where there is one.</param>
    /// <exception cref="DiffusionException">
    /// <see cref="ErrorKind.Usage"/>: facts were told that the model's own configuration files say, or the model has not the weights that were asked for.
    /// </exception>
    /// <exception cref="DiffusionException">It is none of these, or a file in it is missing, malformed or not supported, or says too little.</exception>
    public static ModelSource Open(string path, bool raw = false, CheckpointFacts? facts = null, bool average = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        facts ??= new CheckpointFacts();
        if (raw && average)
        {
            throw new DiffusionException(ErrorKind.Usage, "the weights themselves (raw) and their moving average (ema) exclude each other: give one");
        }

        return (RunCheckpoint.Find(path), File.Exists(path)) switch
        {
            ({ } found, _) => facts.WithoutSize() == new CheckpointFacts() ? FromRun(found, raw, average, facts.Size) : throw ModelFolder.Said(found.Run.Root),
            (null, true) => FromCheckpoint(path, raw, average, facts),
            _ => FromFolder(ModelFolder.Open(path, facts, raw, average)),
        };
    }

    /// <summary>The same model for images of another size (see <see cref="NetworkConfig.At"/>).</summary>
    /// <param name="height">Rows of the images.</param>
    /// <param name="width">Columns of the images.</param>
    public ModelSource At(int height, int width) => new(Path, WeightsPath, Set, TunedTimestepsPath, Network.At(height, width), Scheduler)
    {
        TrainedShape = TrainedShape,
        Data = Data,
        OfRun = OfRun,
        Notes = notes,
    };

    /// <summary>Opens the weights; names and shapes are checked, and a run's against their SHA-256. No value is read yet.</summary>
    /// <param name="graph">The network that <see cref="Network"/> describes; null builds it.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: the file is malformed or damaged, or does not fit the network.</exception>
    public WeightsReader OpenWeights(NetworkGraph? graph = null)
    {
        if (OfRun is not null)
        {
            Checkpoint.Verify(OfRun.Folder, System.IO.Path.GetFileName(WeightsPath));
        }

        return WeightsReader.Open(WeightsPath, Set, Network, graph ?? Network.Build());
    }

    /// <summary>The model's own τ of S steps, found by <c>ddim tune</c> (<see cref="Tuning.TimestepTuner"/>).</summary>
    /// <param name="steps">S.</param>
    /// <exception cref="DiffusionException">There is none for S, or the file is malformed.</exception>
    public Timesteps TunedTimesteps(int steps)
    {
        var lists = TunedTimestepsJson.Read(TunedTimestepsPath, Scheduler.NumTrainTimesteps);
        return lists.GetValueOrDefault(steps) ?? throw new DiffusionException(
            ErrorKind.Usage,
            $"the model {Path} has no timesteps tuned for {steps} steps (it has them for {(lists.Count == 0 ? "none" : string.Join(", ", lists.Keys))}); "
            + "TimestepTuner and ddim tune find them");
    }

    private static ModelSource FromFolder(ModelFolder folder) => new(folder.Path, folder.WeightsPath, folder.Set, folder.TunedTimestepsPath, folder.Network, folder.Scheduler)
    {
        TrainedShape = folder.TrainedShape,
        Data = CardData(folder.Path),
        Notes = folder.Notes,
    };

    private static ModelSource FromCheckpoint(string path, bool raw, bool average, CheckpointFacts facts)
    {
        using var file = TensorFiles.Open(path);
        var model = CheckpointReader.Read(file, raw, average, facts);
        return new ModelSource(path, path, model.Set, $"{path}.{TunedTimestepsJson.FileName}", model.Network, model.Scheduler) { Notes = model.Notes };
    }

    private static ModelSource FromRun(RunCheckpoint found, bool raw, bool average, (int Rows, int Columns)? size)
    {
        var config = RunConfig.Read(found.Run.Config);
        var network = size is var (rows, columns) ? config.Network.At(rows, columns) : config.Network;
        var ema = Checkpoint.Ema(config.Training.EmaDecays[0]);
        var lacking = !raw && found.Part is null && !Checkpoint.Has(found.Folder, ema);
        var part = found.Part ?? (raw || lacking ? Checkpoint.Weights : ema);
        var file = System.IO.Path.Combine(found.Folder, part);
        if (part != Checkpoint.Weights && (!Checkpoint.IsEma(part) || raw))
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"{file} holds {(Checkpoint.IsEma(part) ? "an average: do not ask for the weights themselves (raw), or" : "no weights of a network:")} give {Checkpoint.Weights} beside it, or the folder");
        }

        if (part == Checkpoint.Weights && average)
        {
            throw new DiffusionException(
                ErrorKind.Usage, $"{file} are the weights themselves{(lacking ? $", and {ema} is not beside them" : "")}; to take them, do not ask for the average (ema)");
        }

        var lack = $"checkpoint {System.IO.Path.GetFileName(found.Folder)} has no {ema}, an average that begins with the weights: those are taken";
        string?[] notes = [found.Note, lacking ? lack : null];
        var path = found.Part is not null ? file : found.IsLatest ? found.Run.Root : found.Folder;
        var tuned = found.IsLatest ? found.Run.TunedTimesteps : System.IO.Path.Combine(found.Folder, TunedTimestepsJson.FileName);
        return new ModelSource(path, file, new StateDict(WeightsLayout.Diffusers, string.Empty, Checkpoint.IsEma(part)), tuned, network, config.Scheduler)
        {
            TrainedShape = config.Network.InputShape,
            Data = config.Data,
            OfRun = found,
            Notes = [.. notes.OfType<string>()],
        };
    }

    private static string? CardData(string folder)
    {
        var card = System.IO.Path.Combine(folder, "README.md");
        if (!File.Exists(card))
        {
            return null;
        }

        using var reader = new StreamReader(RegularFile.OpenRead(card));
        var beginning = new char[MostOfCard];
        var lines = new string(beginning, 0, reader.ReadBlock(beginning)).Split('\n');
        return lines.FirstOrDefault(l => l.StartsWith(CardLine, StringComparison.Ordinal))?[CardLine.Length..].Split('`')[0];
    }
}
