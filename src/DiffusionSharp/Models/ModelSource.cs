using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Models;

/// <summary>What a model on disk says of itself: a diffusers folder, or a training run's newest checkpoint.</summary>
public sealed class ModelSource
{
    private const string CardLine = "- Data: `";
    private const int MostOfCard = 1 << 16;

    private ModelSource(string path, string weightsPath, string tunedTimestepsPath, NetworkConfig network, SchedulerConfig scheduler, string? data) =>
        (Path, WeightsPath, TunedTimestepsPath, Network, Scheduler, Data) = (path, weightsPath, tunedTimestepsPath, network, scheduler, data);

    /// <summary>The folder.</summary>
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
    public string? Data { get; }

    /// <summary>Opens a model folder or a run folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="raw">For a run: the weights themselves instead of their first moving average.</param>
    /// <exception cref="DiffusionException">It is neither, or a file in it is missing, malformed or not supported.</exception>
    public static ModelSource Open(string path, bool raw = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var run = new RunFolder(path);
        return run.Exists ? FromRun(run, raw) : FromFolder(ModelFolder.Open(path), raw);
    }

    /// <summary>Opens the weights; names and shapes are checked, no value is read yet.</summary>
    /// <param name="graph">The network that <see cref="Network"/> describes; null builds it.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: the file is malformed, or does not fit the network.</exception>
    public WeightsReader OpenWeights(NetworkGraph? graph = null) => WeightsReader.Open(WeightsPath, graph ?? Network.Build());

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
        : new ModelSource(folder.Path, folder.WeightsPath, folder.TunedTimestepsPath, folder.UNet, folder.Scheduler, CardData(folder.Path));

    private static ModelSource FromRun(RunFolder run, bool raw)
    {
        var config = RunConfig.Read(run.Config);
        var checkpoint = run.Latest()
            ?? throw new DiffusionException(ErrorKind.ModelFile, $"the run {run.Root} has no checkpoint yet; train it first: ddim train … --out {run.Root}");
        var average = System.IO.Path.Combine(checkpoint, Checkpoint.Ema(config.Training.EmaDecays[0]));

        // An average that was added after this checkpoint begins with its weights.
        var file = raw || !File.Exists(average) ? System.IO.Path.Combine(checkpoint, Checkpoint.Weights) : average;
        return new ModelSource(run.Root, file, run.TunedTimesteps, config.UNet, config.Scheduler, config.Data);
    }

    private static string? CardData(string folder)
    {
        var card = System.IO.Path.Combine(folder, "README.md");
        if (!File.Exists(card))
        {
            return null;
        }

        using var reader = new StreamReader(card);
        var beginning = new char[MostOfCard];
        var lines = new string(beginning, 0, reader.ReadBlock(beginning)).Split('\n');
        return lines.FirstOrDefault(l => l.StartsWith(CardLine, StringComparison.Ordinal))?[CardLine.Length..].Split('`')[0];
    }
}
