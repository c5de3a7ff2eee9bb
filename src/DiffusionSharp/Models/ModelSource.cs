using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Storage;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Models;

/// <summary>What a model on disk says of itself: a diffusers folder, a checkpoint of somebody's training code, or a training run's newest checkpoint.</summary>
public sealed class ModelSource
{
    private const string CardLine = "- Data: `";
    private const int MostOfCard = 1 << 16;

    private ModelSource(string path, string weightsPath, string tunedTimestepsPath, NetworkConfig network, SchedulerConfig scheduler) =>
        (Path, WeightsPath, TunedTimestepsPath, Network, Scheduler) = (path, weightsPath, tunedTimestepsPath, network, scheduler);

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

    /// <summary>The data it was trained on: a run's, or what the model card (README.md) that our training writes says; null when unknown.</summary>
    public string? Data { get; private init; }

    /// <summary>By whose names the weights are stored.</summary>
    public WeightsLayout Layout { get; private init; }

    /// <summary>What precedes those names in the file: <c>4.</c>, <c>ema.ema_model.model.</c>; mostly nothing.</summary>
    public string Prefix { get; private init; } = string.Empty;

    /// <summary>What was assumed because the model does not say it, in sentences.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>Opens a model folder, a checkpoint file or a run folder.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="raw">For a run or a checkpoint with both: the weights themselves instead of their (first) moving average.</param>
    /// <param name="facts">For a checkpoint file, or a network's folder without a scheduler: what it does not say of itself; null for nothing.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: facts were told that the model's own configuration files say.</exception>
    /// <exception cref="DiffusionException">It is none of these, or a file in it is missing, malformed or not supported, or says too little.</exception>
    public static ModelSource Open(string path, bool raw = false, CheckpointFacts? facts = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var run = new RunFolder(path);
        facts ??= new CheckpointFacts();
        return (run.Exists, File.Exists(path)) switch
        {
            (false, true) => FromCheckpoint(path, raw, facts),
            (true, _) when facts == new CheckpointFacts() => FromRun(run, raw),
            (true, _) => throw ModelFolder.Said(path),
            _ => FromFolder(ModelFolder.Open(path, facts), raw),
        };
    }

    /// <summary>Opens the weights; names and shapes are checked, no value is read yet.</summary>
    /// <param name="graph">The network that <see cref="Network"/> describes; null builds it.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: the file is malformed, or does not fit the network.</exception>
    public WeightsReader OpenWeights(NetworkGraph? graph = null) => WeightsReader.Open(WeightsPath, Layout, Prefix, Network, graph ?? Network.Build());

    /// <summary>The model's own τ of S steps, found by <c>ddim tune</c> (<see cref="Tuning.TimestepTuner"/>).</summary>
    /// <param name="steps">S.</param>
    /// <exception cref="DiffusionException">There is none for S, or the file is malformed.</exception>
    public Timesteps TunedTimesteps(int steps)
    {
        var lists = TunedTimestepsJson.Read(TunedTimestepsPath, Scheduler.NumTrainTimesteps);
        return lists.GetValueOrDefault(steps) ?? throw new DiffusionException(
            ErrorKind.Usage,
            $"the model {Path} has no timesteps tuned for {steps} steps (it has them for {(lists.Count == 0 ? "none" : string.Join(", ", lists.Keys))}); "
            + $"find them: ddim tune --model {Path} --steps {steps}");
    }

    private static ModelSource FromFolder(ModelFolder folder, bool raw) => raw
        ? throw new DiffusionException(ErrorKind.Usage, $"{folder.Path} is a model folder, which holds one set of weights; raw weights are kept by training runs only")
        : new ModelSource(folder.Path, folder.WeightsPath, folder.TunedTimestepsPath, folder.Network, folder.Scheduler)
        {
            Data = CardData(folder.Path),
            Layout = folder.Layout,
            Notes = folder.Notes,
        };

    private static ModelSource FromCheckpoint(string path, bool raw, CheckpointFacts facts)
    {
        using var file = TensorFile.Open(path);
        var model = CheckpointReader.Read(file, raw, facts);
        return new ModelSource(path, path, $"{path}.{TunedTimestepsJson.FileName}", model.Network, model.Scheduler)
        {
            Layout = model.Layout,
            Prefix = model.Prefix,
            Notes = model.Notes,
        };
    }

    private static ModelSource FromRun(RunFolder run, bool raw)
    {
        var config = RunConfig.Read(run.Config);
        var checkpoint = run.Latest()
            ?? throw new DiffusionException(ErrorKind.ModelFile, $"the run {run.Root} has no checkpoint yet; train it first: ddim train … --out {run.Root}");
        var average = System.IO.Path.Combine(checkpoint, Checkpoint.Ema(config.Training.EmaDecays[0]));

        // An average that was added after this checkpoint begins with its weights.
        var file = raw || !File.Exists(average) ? System.IO.Path.Combine(checkpoint, Checkpoint.Weights) : average;
        return new ModelSource(run.Root, file, run.TunedTimesteps, config.UNet, config.Scheduler) { Data = config.Data };
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
