using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Display;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Sampling;

namespace DiffusionSharp.Cli.Pictures;

/// <summary>How a picture was made, stored in its file so that it can be made again, and so that an interrupted folder can be gone on with.</summary>
internal sealed class Recipe
{
    /// <summary>The key of the PNG's text.</summary>
    public const string Key = "ddim";

    private readonly SamplingPlan plan;
    private readonly string eta;
    private readonly string planHash;
    private readonly Task<string> model;
    private readonly string? inputs;

    /// <summary>Begins to hash the weights.</summary>
    /// <param name="weightsPath">The model's weights.</param>
    /// <param name="plan">The steps.</param>
    /// <param name="eta">η.</param>
    /// <param name="inputs">Files that took the place of the seeds' noise.</param>
    public Recipe(string weightsPath, SamplingPlan plan, Eta eta, params IEnumerable<string> inputs)
    {
        (this.plan, this.eta) = (plan, eta.ToString());
        planHash = Short(SHA256.HashData(Encoding.UTF8.GetBytes(plan.ToJson())));
        model = Task.Run(() => Hash(weightsPath));
        this.inputs = inputs.Any() ? string.Join('+', inputs.Select(Hash)) : null;
    }

    /// <summary>The recipe of one image, or of several on a sheet.</summary>
    /// <param name="seeds">Their seeds.</param>
    /// <param name="labels">Their classes, if they have any.</param>
    /// <param name="frames">Images from one seed to the next on a sheet of interpolations.</param>
    public string Of(IReadOnlyList<ulong> seeds, IReadOnlyList<int>? labels, int? frames = null)
    {
        var recipe = new JsonObject
        {
            ["program"] = "DiffusionSharp 1",
            ["model"] = model.GetAwaiter().GetResult(),
            ["seed"] = SeedOptions.Spell(seeds),
            ["sampler"] = "DDIM",
            ["eta"] = eta,
            ["tau"] = new JsonArray([.. plan.Steps.Where(s => s.Timestep is not null).Select(s => (JsonNode?)s.Timestep!.Value)]),
            ["T"] = plan.T,
            ["lastAlphaBar"] = plan.Steps[0].AlphaBarFrom,
            ["x0"] = plan.X0Treatment.ToString(),
            ["prediction"] = plan.PredictionType.ToString(),
            ["plan"] = planHash,
        };
        if (labels is not null)
        {
            recipe["labels"] = JsonParts.List(labels);
        }

        if (frames is not null)
        {
            recipe["frames"] = frames;
        }

        if (inputs is not null)
        {
            recipe["inputs"] = inputs;
        }

        return recipe.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    /// <summary>The text entries of a PNG with this recipe.</summary>
    public static Dictionary<string, string> Metadata(string recipe) => new() { [Key] = recipe };

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Short(SHA256.HashData(stream));
    }

    private static string Short(byte[] hash) => Convert.ToHexStringLower(hash)[..16];
}
