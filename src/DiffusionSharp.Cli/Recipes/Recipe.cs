using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Cli.Recipes;

/// <summary>
/// How a picture is made, stored in its file: the options that <c>--from</c> takes up again, and facts that tell whether they
/// still mean the same (hashes of weights, plan and input files, the engine). The rest is for readers.
/// </summary>
internal sealed class Recipe
{
    /// <summary>The key of the PNG's text.</summary>
    public const string Key = "ddim";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // How a sheet or an enlarged picture is shown; a picture in a folder is as it was drawn.
    private static readonly string[] Shown = ["scale", "no-labels"];

    // Options that other facts of the recipe stand for, or that change no more than the network's rounding.
    private static readonly string[] Covered =
    [
        .. Shown,
        "steps", "eta", "solver", "spacing", "timesteps", "clip", "no-clip", "threshold", "model", "raw", "ema", "about", "size",
        "seed", "count", "seeds", "only", "labels", "init", "noise", "init-image", "strength", "mask", "jump-length", "resample", "guide-with", "classifier", "engine", "batch", "threads", "device",
    ];

    private readonly Task<string> model;
    private readonly Task<string> planHash;

    /// <summary>Begins to hash the weights and the plan.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="source">The model.</param>
    /// <param name="plan">The steps.</param>
    /// <param name="edit">Images that are edited, for when they are in no file of their own: what was read of a folder stands for it.</param>
    public Recipe(RecipeOptions options, ModelSource source, SamplingPlan plan, EditOptions? edit = null)
    {
        (Options, ModelPath, Plan) = (options.WithTimestepsOf(plan), source.Path, plan);
        planHash = Task.Run(() => Short(Sha256.Compute(Encoding.UTF8.GetBytes(plan.ToJson()))));
        model = Task.Run(() => Hash(source.WeightsPath));
        Inputs = JsonParts.Map(options.Inputs.Select(i => KeyValuePair.Create(i.Key, Hash(i.Value))));
        if (edit is not null && !Inputs.ContainsKey("init-image"))
        {
            Inputs["init-image"] = Short(Sha256.Compute(MemoryMarshal.AsBytes<double>(edit.Images)));
        }
    }

    /// <summary>What was asked for.</summary>
    public RecipeOptions Options { get; }

    /// <summary>The model's folder.</summary>
    public string ModelPath { get; }

    /// <summary>Hash of the model's weights.</summary>
    public string Model => model.GetAwaiter().GetResult();

    /// <summary>Hashes of the files it is made from, by the options that name them.</summary>
    public JsonObject Inputs { get; }

    /// <summary>The steps.</summary>
    public SamplingPlan Plan { get; }

    /// <summary>Hash of the plan.</summary>
    public string PlanHash => planHash.GetAwaiter().GetResult();

    private static string Program => $"DiffusionSharp {typeof(Recipe).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>The recipe of a picture.</summary>
    /// <param name="seeds">The seeds of what it shows; none where it was not drawn from seeds.</param>
    /// <param name="labels">Their classes, if they have any.</param>
    /// <param name="only">The one image of the run that it shows; null when it shows all that the options ask for.</param>
    public string ToJson(IReadOnlyList<ulong> seeds, IReadOnlyList<int>? labels, ulong? only = null)
    {
        var options = new SortedDictionary<string, string>(Options.Values.ToDictionary(), StringComparer.Ordinal);
        if (only is not null)
        {
            options["only"] = $"{only}";
            Array.ForEach(Shown, name => options.Remove(name));
        }

        var recipe = new JsonObject
        {
            ["program"] = Program,
            ["verb"] = Options.Verb,
            ["options"] = JsonParts.Map(options),
            ["model"] = Model,
            ["engine"] = Options.Engine,
            ["sampler"] = Plan.Name,
            ["tau"] = new JsonArray([.. Plan.Steps.Where(s => s.Timestep is not null).Select(s => (JsonNode?)s.Timestep!.Value)]),
            ["T"] = Plan.T,
            ["lastAlphaBar"] = Plan.Steps.Min(s => s.AlphaBarFrom),
            ["x0"] = Plan.X0Treatment.ToString(),
            ["prediction"] = Plan.PredictionType.ToString(),
            ["plan"] = PlanHash,
        };
        if (seeds.Count > 0)
        {
            recipe["seed"] = SeedOptions.Spell(seeds);
        }

        if (labels is not null)
        {
            recipe["labels"] = JsonParts.List(labels);
        }

        if (Inputs.Count > 0)
        {
            recipe["inputs"] = Inputs.DeepClone();
        }

        return recipe.ToJsonString(Readable);
    }

    /// <summary>Whether two recipes are of the same picture, apart from the rounding of the network's sums.</summary>
    public static bool SamePicture(string one, string other)
    {
        return JsonNode.DeepEquals(Essence(one), Essence(other));

        static JsonNode? Essence(string text)
        {
            try
            {
                if (JsonNode.Parse(text) is not JsonObject recipe || recipe["options"] is not JsonObject options)
                {
                    return null;
                }

                foreach (var covered in Covered)
                {
                    options.Remove(covered);
                }

                recipe.Remove("program");
                recipe.Remove("engine");
                return recipe;
            }
            catch (Exception e) when (e is JsonException or ArgumentException)
            {
                return null;
            }
        }
    }

    /// <summary>The text entries of a PNG with this recipe.</summary>
    public static Dictionary<string, string> Metadata(string recipe) => new() { [Key] = recipe };

    /// <summary>The beginning of a file's SHA-256.</summary>
    public static string Hash(string path) => Short(Sha256.ComputeFile(path));

    private static string Short(string hash) => hash[..16];
}
