using DiffusionSharp.Networks;
using DiffusionSharp.Storage;

namespace DiffusionSharp.Weights;

/// <summary>
/// A model as a folder in Hugging Face diffusers' layout: <c>model_index.json</c>, <c>unet/config.json</c>,
/// <c>unet/diffusion_pytorch_model.safetensors</c>, <c>scheduler/scheduler_config.json</c>. The flat layout of 2022
/// (google/ddpm-*: the same files without the sub-folders) is read as well.
/// </summary>
public sealed class ModelFolder
{
    private const string Index = "model_index.json";
    private const string Weights = "diffusion_pytorch_model.safetensors";
    private const string OwnPipeline = "DiffusionSharpPipeline";

    private ModelFolder(string path, UNetConfig unet, SchedulerConfig scheduler, string weightsPath) =>
        (Path, UNet, Scheduler, WeightsPath) = (path, unet, scheduler, weightsPath);

    /// <summary>The folder as given.</summary>
    public string Path { get; }

    /// <summary>The network's options.</summary>
    public UNetConfig UNet { get; }

    /// <summary>The scheduler's options.</summary>
    public SchedulerConfig Scheduler { get; }

    /// <summary>The safetensors file with the network's parameters.</summary>
    public string WeightsPath { get; }

    /// <summary>The file of the model's tuned timesteps, which need not be there; see <see cref="TunedTimestepsJson"/>.</summary>
    public string TunedTimestepsPath => System.IO.Path.Combine(Sub(Path, "scheduler"), TunedTimestepsJson.FileName);

    /// <summary>Reads the configuration files; the weights are opened by <see cref="OpenWeights"/>.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: no such folder, a file is missing (named), malformed or not supported.</exception>
    public static ModelFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            throw new DiffusionException(
                ErrorKind.ModelFile,
                $"there is no model folder '{path}'{(File.Exists(path) ? " (it is a file)" : "")}; give a folder that holds {Index}");
        }

        var index = ConfigReader.Parse(Need(path, Index), ConfigReader.ReadText(Need(path, Index)));
        index.Required("_class_name", "DDPMPipeline", "DDIMPipeline", OwnPipeline);
        index.Ignore("unet", _ => true, "");
        index.Ignore("scheduler", _ => true, "");
        index.Done();
        var unet = Sub(path, "unet");
        return new ModelFolder(
            path,
            UNetConfigJson.Read(Need(unet, "config.json")),
            SchedulerConfigJson.Read(Need(Sub(path, "scheduler"), "scheduler_config.json")),
            Need(unet, Weights));
    }

    /// <summary>Opens the weights; names and shapes are checked, no value is read yet.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: the file is malformed, or does not fit the network.</exception>
    public WeightsReader OpenWeights() => WeightsReader.Open(WeightsPath, Networks.UNet.Build(UNet));

    /// <summary>
    /// Writes a model. A new folder appears whole or not at all. In an existing one the files are replaced after all of them
    /// have been written beside it, <c>model_index.json</c> last; other files in it stay.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="unet">The network's options.</param>
    /// <param name="scheduler">The scheduler's options.</param>
    /// <param name="weights">The network's parameters under diffusers' names, in any order.</param>
    /// <param name="card">The model card, Markdown for README.md; null writes none.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Storage"/>; what was there before is as it was.</exception>
    /// <exception cref="DiffusionException">The options of the network or the scheduler are invalid.</exception>
    /// <exception cref="ArgumentException">The weights are not those of the network.</exception>
    public static void Save(
        string path, UNetConfig unet, SchedulerConfig scheduler, IEnumerable<KeyValuePair<string, HostTensor>> weights, string? card = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(weights);
        var list = weights.ToList();
        RequireFit(unet, list);
        SchedulerConfigJson.Parse(SchedulerConfigJson.ToJson(scheduler), "the scheduler to save");
        void Fill(string folder) => WriteFiles(folder, unet, scheduler, list, card);
        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any())
        {
            AtomicFolder.Create(path, Fill);
            return;
        }

        AtomicFolder.Overlay(path, Fill, last: Index);
    }

    private static void WriteFiles(
        string folder, UNetConfig unet, SchedulerConfig scheduler, List<KeyValuePair<string, HostTensor>> weights, string? card)
    {
        SafetensorsWriter.Write(System.IO.Path.Combine(folder, "unet", Weights), weights, new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.WriteAllText(System.IO.Path.Combine(folder, "unet", "config.json"), UNetConfigJson.ToJson(unet));
        AtomicFile.WriteAllText(System.IO.Path.Combine(folder, "scheduler", "scheduler_config.json"), SchedulerConfigJson.ToJson(scheduler));
        if (card is not null)
        {
            AtomicFile.WriteAllText(System.IO.Path.Combine(folder, "README.md"), card);
        }

        AtomicFile.WriteAllText(System.IO.Path.Combine(folder, Index), IndexJson(unet, scheduler));
    }

    private static string IndexJson(UNetConfig unet, SchedulerConfig scheduler) => JsonText.Write(json =>
    {
        var known = UNetConfigJson.ClassOf(unet) == UNetConfigJson.DiffusersClass;
        var pipeline = scheduler.ClassName == "DDPMScheduler" ? "DDPMPipeline" : "DDIMPipeline";
        json.WriteString("_class_name", known ? pipeline : OwnPipeline);
        json.WriteString("_diffusers_version", UNetConfigJson.DiffusersVersion);
        JsonText.List(json, "scheduler", ["diffusers", scheduler.ClassName], json.WriteStringValue);
        JsonText.List(json, "unet", [known ? "diffusers" : "diffusion_sharp", UNetConfigJson.ClassOf(unet)], json.WriteStringValue);
    });

    private static void RequireFit(UNetConfig unet, List<KeyValuePair<string, HostTensor>> weights)
    {
        try
        {
            var tensors = weights.ToDictionary(w => w.Key, w => new TensorInfo(w.Key, TensorDtype.F32, w.Value.Shape, 0), StringComparer.Ordinal);
            WeightsMap.Of("the model to save", tensors, unet.Build(), name => new SourceName(name));
        }
        catch (DiffusionException e) when (e.Kind == ErrorKind.ModelFile)
        {
            throw new ArgumentException(e.Message, nameof(weights), e);
        }
    }

    private static string Sub(string path, string name) =>
        System.IO.Path.Combine(path, name) is var sub && Directory.Exists(sub) ? sub : path;

    private static string Need(string folder, string name)
    {
        var file = System.IO.Path.Combine(folder, name);
        if (File.Exists(file))
        {
            return file;
        }

        var pickle = System.IO.Path.Combine(folder, "diffusion_pytorch_model.bin");
        var hint = name == Weights && File.Exists(pickle)
            ? $"; '{pickle}' is a pickle file, which is not read: save the model again with safe_serialization=True"
            : "; is it a complete diffusers model folder?";
        throw new DiffusionException(ErrorKind.ModelFile, $"the model folder lacks the file '{file}'{hint}");
    }
}
