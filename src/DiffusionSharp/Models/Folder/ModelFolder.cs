using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Folder;

/// <summary>
/// A model as a folder in Hugging Face diffusers' layout: <c>model_index.json</c>, <c>unet/config.json</c>,
/// <c>unet/diffusion_pytorch_model.safetensors</c>, <c>scheduler/scheduler_config.json</c>. The flat layout of 2022
/// (google/ddpm-*: the same files without the sub-folders) is read as well, and so is a network's folder alone (<c>config.json</c> and
/// weights, as <c>UNet2DModel.save_pretrained</c> makes it); weights may be in shards or in a pickle file.
/// </summary>
public sealed class ModelFolder
{
    private const string Index = "model_index.json";
    private const string Config = "config.json";
    private const string OwnPipeline = "DiffusionSharpPipeline";

    private static readonly string[] WeightFiles =
    [
        "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model.bin", "diffusion_pytorch_model.bin.index.json",
        "diffusion_pytorch_model.fp16.safetensors", "diffusion_pytorch_model.fp16.bin",
    ];

    private ModelFolder(string path, NetworkConfig network, SchedulerConfig scheduler, string weightsPath) =>
        (Path, Network, Scheduler, WeightsPath) = (path, network, scheduler, weightsPath);

    /// <summary>The folder as given.</summary>
    public string Path { get; }

    /// <summary>The network's options.</summary>
    public NetworkConfig Network { get; }

    /// <summary>Shape of the images it was trained on.</summary>
    public ImageShape TrainedShape { get; private init; }

    /// <summary>By whose names its parameters are stored.</summary>
    public WeightsLayout Layout { get; private init; }

    /// <summary>Which tensors of its weights are the network's.</summary>
    internal StateDict Set => new(Layout, string.Empty, IsAverage);

    /// <summary>Whether they say of themselves that they are a moving average: those of diffusers' EMAModel do.</summary>
    public bool IsAverage { get; private init; }

    /// <summary>The scheduler's options.</summary>
    public SchedulerConfig Scheduler { get; }

    /// <summary>The file with the network's parameters, or the index of its shards.</summary>
    public string WeightsPath { get; }

    /// <summary>What was assumed because the folder does not say it, in sentences.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>The file of the model's tuned timesteps, which need not be there; see <see cref="TunedTimestepsJson"/>.</summary>
    public string TunedTimestepsPath => System.IO.Path.Combine(Sub(Path, "scheduler"), TunedTimestepsJson.FileName);

    /// <summary>Reads the configuration files; the weights are opened by <see cref="OpenWeights"/>.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="facts">
    /// The size of the images, where the network's configuration does not say it or another is wanted; schedule, prediction and clipping of a network's folder without a
    /// scheduler; null for nothing.
    /// </param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: no such folder, a file is missing (named), malformed or not supported.</exception>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: facts that the folder's own files say.</exception>
    public static ModelFolder Open(string path, CheckpointFacts? facts = null) => Open(path, facts ?? new CheckpointFacts(), raw: false, average: false);

    /// <summary>As above, with the weights that are asked for where there is more than one set.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="facts">What was told.</param>
    /// <param name="raw">The weights themselves instead of their average.</param>
    /// <param name="average">The average, and nothing else.</param>
    /// <exception cref="DiffusionException">As above; <see cref="ErrorKind.Usage"/>: the folder has not the weights that are asked for.</exception>
    internal static ModelFolder Open(string path, CheckpointFacts facts, bool raw, bool average)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            throw new DiffusionException(
                ErrorKind.ModelFile, $"there is no model folder or checkpoint file '{path}'; give a folder that holds {Index}, or a file of weights");
        }

        var hasIndex = File.Exists(System.IO.Path.Combine(path, Index));
        var offers = !IsNetwork(path) && (hasIndex ? NetworkFolders.Note(path) is not null : NetworkFolders.IsCheckpoint(path));
        var folder = IsNetwork(path) ? OpenNetwork(path, path, facts)
            : !hasIndex && offers ? OpenNetwork(path, NetworkFolders.Choose(path, raw, average), facts)
            : OpenPipeline(path, offers ? NetworkFolders.Choose(path, raw, average) : Sub(path, "unet"), facts);
        return offers ? folder : Require(folder, raw, average);
    }

    // One set of weights is what it is.
    private static ModelFolder Require(ModelFolder folder, bool raw, bool average) => (raw, average, folder.IsAverage) switch
    {
        (true, _, true) => throw new DiffusionException(ErrorKind.Usage, $"{folder.Path} holds a moving average only; do not ask for the weights themselves (raw)"),
        (true, _, false) => throw new DiffusionException(
            ErrorKind.Usage, $"{folder.Path} is a model folder, which holds one set of weights; raw weights are kept by training runs and checkpoints only"),
        (_, true, false) => throw new DiffusionException(
            ErrorKind.Usage, $"{folder.Path} is a model folder, which holds one set of weights and does not say whether it is a moving average; do not ask for one (ema)"),
        _ => folder,
    };

    /// <summary>The error that somebody tells what a folder's own files say.</summary>
    internal static DiffusionException Said(string path) =>
        new(ErrorKind.Usage, $"{path} is a folder, which says what it is in its own configuration files: leave out what is told about it (facts)");

    /// <summary>Whether a folder is a model's or a network's, by the files in it.</summary>
    /// <param name="path">The folder.</param>
    public static bool IsModel(string path) => File.Exists(System.IO.Path.Combine(path, Index)) || IsNetwork(path) || NetworkFolders.IsCheckpoint(path);

    /// <summary>Whether a folder is that of a network alone.</summary>
    /// <param name="path">The folder.</param>
    internal static bool IsNetwork(string path) =>
        !File.Exists(System.IO.Path.Combine(path, Index)) && File.Exists(System.IO.Path.Combine(path, Config)) && Weights(path) is not null;

    /// <summary>Opens the weights; names and shapes are checked, no value is read yet.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: the file is malformed, or does not fit the network.</exception>
    public WeightsReader OpenWeights() => WeightsReader.Open(WeightsPath, Set, Network, Network.Build());

    /// <summary>
    /// Writes a model. A new folder appears whole or not at all. In an existing one the files are replaced after all of them
    /// have been written beside it, <c>model_index.json</c> last; other files in it stay.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="network">The network's options.</param>
    /// <param name="scheduler">The scheduler's options.</param>
    /// <param name="weights">The network's parameters under diffusers' names, in any order.</param>
    /// <param name="card">The model card, Markdown for README.md; null writes none.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Storage"/>; what was there before is as it was.</exception>
    /// <exception cref="DiffusionException">The options of the network or the scheduler are invalid.</exception>
    /// <exception cref="ArgumentException">The weights are not those of the network.</exception>
    public static void Save(
        string path, NetworkConfig network, SchedulerConfig scheduler, IEnumerable<KeyValuePair<string, HostTensor>> weights, string? card = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        Save(path, network, WeightsLayout.Diffusers, scheduler, [.. weights.Select(w => StoredTensor.FromMemory(w.Key, w.Value))], card);
    }

    /// <summary>
    /// As above, with weights by the names of another layout, read one by one, in a type of choice; <paramref name="finish"/> may add files to
    /// the folder, and compares the weights in it with their source before anything is renamed.
    /// </summary>
    internal static void Save(
        string path,
        NetworkConfig network,
        WeightsLayout layout,
        SchedulerConfig scheduler,
        IReadOnlyList<StoredTensor> weights,
        string? card,
        Action<string>? finish = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireFit(network, layout, weights);
        SchedulerConfigJson.Parse(SchedulerConfigJson.ToJson(scheduler), "the scheduler to save");
        void Fill(string folder)
        {
            WriteFiles(folder, network, layout, scheduler, weights, card, verify: finish is null);
            finish?.Invoke(folder);
        }

        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any())
        {
            AtomicFolder.Create(path, Fill);
            return;
        }

        AtomicFolder.Overlay(path, Fill, last: Index);
    }

    private static ModelFolder OpenPipeline(string path, string unet, CheckpointFacts facts)
    {
        if (facts.WithoutSize() != new CheckpointFacts())
        {
            throw Said(path);
        }

        var index = ConfigReader.Parse(Need(path, Index), ConfigReader.ReadText(Need(path, Index)));
        index.Required("_class_name", "DDPMPipeline", "DDIMPipeline", "PNDMPipeline", OwnPipeline);
        index.Ignore("unet", _ => true, "");
        index.Ignore("scheduler", _ => true, "");
        index.Done();
        return Create(path, unet, facts.Size, () => SchedulerConfigJson.ReadNoted(Need(Sub(path, "scheduler"), "scheduler_config.json")));
    }

    private static ModelFolder OpenNetwork(string path, string unet, CheckpointFacts facts)
    {
        var told = facts.WithoutSize();
        if (NetworkFolders.SchedulerBeside(unet) is { } scheduler)
        {
            return told != new CheckpointFacts() ? throw Said(path) : Create(path, unet, facts.Size, () =>
            {
                var (config, notes) = SchedulerConfigJson.ReadNoted(scheduler);
                return (config, [.. notes, $"the scheduler is that of '{scheduler}'"]);
            });
        }

        var assumed = new List<string>();
        if (facts.NoiseSchedule is null || facts.Prediction is null)
        {
            assumed.Add(
                "it is a network without a scheduler: what is not told is that of DDPM, a linear schedule (β from 0.0001 to 0.02, T = 1000), prediction of ε and clipping to ±1; "
                + "tell others with noise_schedule=…, prediction=…");
        }

        return told != facts.SchedulerOnly() ? throw Said(path)
            : Create(path, unet, facts.Size, () => (CheckpointScheduler.Infer(path, facts, "linear", clip: true, stored: null, assumed), assumed));
    }

    private static ModelFolder Create(string path, string unet, (int Rows, int Columns)? size, Func<(SchedulerConfig Config, IReadOnlyList<string> Notes)> readScheduler)
    {
        var (network, layout, isAverage) = NetworkConfigJson.Read(Need(unet, Config), size);
        var (scheduler, notes) = readScheduler();
        return new ModelFolder(path, size is var (rows, columns) ? network.At(rows, columns) : network, scheduler, NeedWeights(unet))
        {
            TrainedShape = network.InputShape,
            Layout = layout,
            IsAverage = isAverage,
            Notes = [.. new[] { unet == path ? null : NetworkFolders.Note(path) }.OfType<string>(), .. notes],
        };
    }

    private static void WriteFiles(
        string folder, NetworkConfig network, WeightsLayout layout, SchedulerConfig scheduler, IReadOnlyList<StoredTensor> weights, string? card, bool verify)
    {
        var (json, name) = NetworkConfigJson.Write(network, layout);
        SafetensorsWriter.Write(System.IO.Path.Combine(folder, "unet", WeightFiles[0]), weights, new Dictionary<string, string> { ["format"] = "pt" }, verify);
        AtomicFile.WriteAllText(System.IO.Path.Combine(folder, "unet", Config), json);
        AtomicFile.WriteAllText(System.IO.Path.Combine(folder, "scheduler", "scheduler_config.json"), SchedulerConfigJson.ToJson(scheduler));
        if (card is not null)
        {
            AtomicFile.WriteAllText(System.IO.Path.Combine(folder, "README.md"), card);
        }

        AtomicFile.WriteAllText(System.IO.Path.Combine(folder, Index), IndexJson(name, scheduler));
    }

    private static string IndexJson(string network, SchedulerConfig scheduler) => JsonText.Write(json =>
    {
        var known = network == UNetConfigJson.DiffusersClass;
        var pipeline = scheduler.ClassName == "DDPMScheduler" ? "DDPMPipeline" : "DDIMPipeline";

        // diffusers' pipelines of UNet2DModel would read a network under EDM's preconditioning wrongly.
        json.WriteString("_class_name", known && scheduler.Edm is null ? pipeline : OwnPipeline);
        json.WriteString("_diffusers_version", UNetConfigJson.DiffusersVersion);
        JsonText.List(json, "scheduler", ["diffusers", scheduler.ClassName], json.WriteStringValue);
        JsonText.List(json, "unet", [known ? "diffusers" : "diffusion_sharp", network], json.WriteStringValue);
    });

    private static void RequireFit(NetworkConfig network, WeightsLayout layout, IReadOnlyList<StoredTensor> weights)
    {
        try
        {
            var tensors = weights.ToDictionary(w => w.Name, w => new TensorInfo(w.Name, TensorDtype.F32, w.Shape, 0), StringComparer.Ordinal);
            WeightsMap.Find("the model to save", tensors, network.Build(), LayoutNames.Mapping(layout, network, tensors));
        }
        catch (DiffusionException e) when (e.Kind == ErrorKind.ModelFile)
        {
            throw new ArgumentException(e.Message, nameof(weights), e);
        }
    }

    private static string Sub(string path, string name) =>
        System.IO.Path.Combine(path, name) is var sub && Directory.Exists(sub) ? sub : path;

    private static string NeedWeights(string folder) => Weights(folder) ?? Need(folder, WeightFiles[0]);

    private static string? Weights(string folder) => WeightFiles.Select(f => System.IO.Path.Combine(folder, f)).FirstOrDefault(File.Exists);

    private static string Need(string folder, string name)
    {
        var file = System.IO.Path.Combine(folder, name);
        if (File.Exists(file))
        {
            return file;
        }

        string[] checkpoints = [.. Directory.EnumerateFiles(folder).Where(f => System.IO.Path.GetExtension(f) is ".pt" or ".pth" or ".ckpt" or ".safetensors").Order(StringComparer.Ordinal).Take(5)];
        var hint = name == Index && checkpoints.Length > 0
            ? $"; give one of the checkpoints in it instead: {string.Join(", ", checkpoints)}"
            : "; is it a complete diffusers model folder?";
        throw new DiffusionException(ErrorKind.ModelFile, $"the model folder lacks the file '{file}'{hint}");
    }
}
