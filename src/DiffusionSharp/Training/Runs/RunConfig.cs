using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DiffusionSharp.Data;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Training.Runs;

/// <summary>The resolved configuration of a run: network, schedule, data and training.</summary>
public sealed record RunConfig
{
    /// <summary>The network.</summary>
    public required NetworkConfig Network { get; init; }

    /// <summary>Schedule and prediction type.</summary>
    public required SchedulerConfig Scheduler { get; init; }

    /// <summary>How it is trained.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>What was asked for as data, for people.</summary>
    public required string Data { get; init; }

    /// <summary>What identifies the data's content and order.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>How the data was read, so that it can be opened the same way again.</summary>
    public RunDataOptions DataOptions { get; init; } = new();

    /// <summary>The model that fine-tuning began from.</summary>
    public string? From { get; init; }

    /// <summary>The model whose predictions are learned; null where the noise (or x0, or v) itself is. The engine that trains says it.</summary>
    public TeacherConfig? TaughtBy { get; init; }

    // Fields that may change between sessions without changing what was already computed; dataFingerprint tells what data options do.
    private static readonly string[] FreeToChange =
    [
        "data", "dataOptions.flip", "dataOptions.crop", "dataOptions.maxBadFraction", "dataOptions.background", "dataOptions.column",
        "dataOptions.heldOut", "dataOptions.classes", "teacher.model", "teacher.guideWith", "training.totalImages", "training.maxSeconds", "training.checkpointEvery",
        "training.checkpointSeconds", "training.keepCheckpoints", "training.sampleEvery", "training.validateEvery", "training.snapshotEvery",
    ];

    // What only tells the managed engine how to go about it.
    private static readonly string[] FreeOnManaged = ["training.microBatch", "training.threads"];

    private const string NetworkKey = "unet";
    private const string FingerprintKey = "dataFingerprint";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The configuration of a run on data that was opened.</summary>
    /// <param name="name">What the data is called, for people: its path.</param>
    /// <param name="data">The data.</param>
    /// <param name="network">The network, of the data's shape.</param>
    /// <param name="training">How it is trained.</param>
    /// <param name="scheduler">Schedule and prediction type; null is DDPM's: T = 1000, linear β from 1e-4 to 0.02, the noise is predicted.</param>
    public static RunConfig Create(string name, IBatchSource data, NetworkConfig network, TrainingOptions training, SchedulerConfig? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        return new RunConfig
        {
            Network = network,
            Scheduler = scheduler ?? SchedulerConfig.FromSchedule(NoiseSchedule.Linear()),
            Training = training,
            Data = name,
            DataFingerprint = data.Fingerprint,
        };
    }

    /// <summary>Reads a run's config.json.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DiffusionException">It is missing, malformed or invalid.</exception>
    public static RunConfig Read(string path)
    {
        try
        {
            var root = JsonNode.Parse(StrictJson.Checked(RegularFile.ReadAllText(path)))?.AsObject() ?? throw new JsonException("it is null");
            var training = Part("training").AsObject();

            // Before there was a choice.
            training.TryAdd("engine", EngineNames.Libtorch);
            var config = new RunConfig
            {
                Network = NetworkConfigJson.Parse(Part(NetworkKey).ToJsonString(), path).Network,
                Scheduler = SchedulerConfigJson.Parse(Part("scheduler").ToJsonString(), path),
                Training = training.Deserialize(TrainingJson.Default.TrainingOptions)!,
                Data = (string)Part("data")!,
                DataFingerprint = (string)Part(FingerprintKey)!,
                DataOptions = root["dataOptions"]?.Deserialize(TrainingJson.Default.RunDataOptions) ?? new RunDataOptions(),
                From = (string?)root["from"],
                TaughtBy = root["teacher"]?.Deserialize(TrainingJson.Default.TeacherConfig),
            };
            config.Training.Validate();
            config.DataOptions.Validate();
            return config;

            JsonNode Part(string name) => root[name] ?? throw new JsonException($"'{name}' is missing or null");
        }
        catch (DiffusionException e) when (!e.Message.Contains(path, StringComparison.Ordinal))
        {
            throw new DiffusionException(e.Kind, $"{path}: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"{path} is not a run's configuration: {e.Message}", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DiffusionException(
                ErrorKind.Storage, $"{path} is missing, and without it nobody knows what the checkpoints beside it hold: put it back, or choose another folder", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiffusionException(ErrorKind.Storage, $"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes config.json.</summary>
    /// <param name="path">The file.</param>
    public void Write(string path) => AtomicFile.WriteAllText(path, Json().ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");

    /// <summary>Lists the fields of another configuration that would change what this run computes, as <c>field: here → there</c>.</summary>
    /// <param name="other">The configuration to compare with.</param>
    public IReadOnlyList<string> Differences(RunConfig other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var (mine, theirs) = (Flatten(Json()), Flatten(other.Json()));
        var differing = mine.Keys.Union(theirs.Keys).Where(k => mine.GetValueOrDefault(k, "(none)") != theirs.GetValueOrDefault(k, "(none)"));
        IEnumerable<string> free = Training.Decay == LearningRateDecay.Constant ? FreeToChange : FreeToChange.Except(["training.totalImages"]);
        free = other.Training.Engine == EngineNames.Managed ? [.. free, .. FreeOnManaged] : free;
        return [.. differing.Where(k => !free.Contains(k)).Select(k => k == FingerprintKey
            ? DataChange.Describe(DataFingerprint, other.DataFingerprint)
            : $"{k}: {Shown(mine, k)} → {Shown(theirs, k)}")];

        static string Shown(Dictionary<string, string> fields, string key) => fields.GetValueOrDefault(key, "(none)").Trim('"');
    }

    /// <summary>Whether one of <see cref="Differences"/> is of the network, which a run keeps.</summary>
    internal static bool IsOfNetwork(string difference) =>
        difference.StartsWith($"{NetworkKey}.", StringComparison.Ordinal) || difference.StartsWith("training.augment:", StringComparison.Ordinal);

    private static Dictionary<string, string> Flatten(JsonObject root)
    {
        var flat = new Dictionary<string, string>();
        Visit(string.Empty, root);
        return flat;

        void Visit(string prefix, JsonObject o)
        {
            foreach (var (name, value) in o)
            {
                if (value is JsonObject inner)
                {
                    Visit($"{prefix}{name}.", inner);
                }
                else
                {
                    flat[prefix + name] = value?.ToJsonString(Readable) ?? "null";
                }
            }
        }
    }

    private JsonObject Json()
    {
        var json = new JsonObject
        {
            [NetworkKey] = JsonNode.Parse(NetworkConfigJson.Write(Network, WeightsLayout.Diffusers).Json),
            ["scheduler"] = JsonNode.Parse(SchedulerConfigJson.ToJson(Scheduler)),
            ["training"] = JsonSerializer.SerializeToNode(Training, TrainingJson.Default.TrainingOptions),
            ["data"] = Data,
            [FingerprintKey] = DataFingerprint,
            ["dataOptions"] = JsonSerializer.SerializeToNode(DataOptions, TrainingJson.Default.RunDataOptions),
            ["from"] = From,
        };
        if (TaughtBy is not null)
        {
            json["teacher"] = JsonSerializer.SerializeToNode(TaughtBy, TrainingJson.Default.TeacherConfig);
        }

        return json;
    }
}
