using System.Text.Json;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Recipes;

/// <summary>A recipe found in a picture. It may be anybody's: nothing in it is believed before it is checked.</summary>
internal sealed class FoundRecipe
{
    private const int MostOptions = 100, LongestValue = 1 << 16;

    private readonly JsonObject json;

    private FoundRecipe(string path, JsonObject json)
    {
        (Path, this.json) = (path, json);
        Verb = Text("verb");
        Program = Text("program");
        Model = Text("model");
        var options = json["options"] as JsonObject ?? throw Wrong("it names no options");
        if (options.Count > MostOptions || options.Any(o => Value(o.Value) is not { Length: > 0 and <= LongestValue } value || value.Any(char.IsControl) || IsRemote(value)))
        {
            throw Wrong($"at most {MostOptions} options with a plain text each were expected");
        }

        var plain = options.ToDictionary(o => o.Key, o => Value(o.Value)!);
        if (Value(json["engine"])?.StartsWith("libtorch ", StringComparison.Ordinal) ?? false)
        {
            // Recipes of the time when there was no other engine do not say so among their options.
            plain.TryAdd("engine", "torch");
        }

        Options = plain;
    }

    /// <summary>The picture.</summary>
    public string Path { get; }

    /// <summary>The verb that made it.</summary>
    public string Verb { get; }

    /// <summary>Program and version that wrote it.</summary>
    public string Program { get; }

    /// <summary>Hash of the weights.</summary>
    public string Model { get; }

    /// <summary>The verb's options, by name without dashes.</summary>
    public IReadOnlyDictionary<string, string> Options { get; }

    /// <summary>Reads it.</summary>
    /// <param name="path">A PNG.</param>
    /// <exception cref="DiffusionException">The file is no PNG or damaged, or has no recipe, or one that is not understood.</exception>
    public static FoundRecipe Read(string path)
    {
        var text = PngFile.Read(path).Text.GetValueOrDefault(Recipe.Key)
            ?? throw new DiffusionException(ErrorKind.Data, $"{path} carries no recipe; pictures that ddim made carry one, unless another program has saved them since");
        try
        {
            return JsonNode.Parse(StrictJson.Checked(text), documentOptions: new() { MaxDepth = 8 }) is JsonObject json ? new FoundRecipe(path, json) : throw Wrong(path, "an object was expected");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw Wrong(path, e.Message);
        }
    }

    /// <summary>The options without the company in which the images were drawn: their own seed, count and classes.</summary>
    public IReadOnlyDictionary<string, string> Alone()
    {
        if (!Options.TryGetValue("only", out var only))
        {
            return Options;
        }

        var alone = Options.Where(o => o.Key is not ("seeds" or "only")).ToDictionary();
        var seeds = SeedOptions.ParseList(only);
        (alone["seed"], alone["count"]) = ($"{seeds[0]}", $"{seeds.Length}");
        if (json["labels"] is JsonArray labels)
        {
            alone["labels"] = string.Join(',', labels.Select(l => l is JsonValue v && v.TryGetValue<int>(out var label) ? label : throw Wrong("its labels are no numbers")));
        }

        return alone;
    }

    /// <summary>The error that this recipe cannot be used.</summary>
    public DiffusionException Wrong(string why) => Wrong(Path, why);

    /// <summary>Whether this is the file that the picture was made from.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="path">The file.</param>
    public bool IsInput(string option, string path) =>
        // Devices and pipes, which never end, have no length.
        new FileInfo(path) is { Exists: true, Length: > 0 } && Recipe.Hash(path) == Value((json["inputs"] as JsonObject)?[option]);

    /// <summary>What differs from this recipe, in sentences.</summary>
    public IReadOnlyList<string> Differences(Recipe made)
    {
        List<string> notes = [];
        var now = made.Options.Values;
        string[] other = [.. Options.Keys.Union(now.Keys).Where(o => Options.GetValueOrDefault(o) != now.GetValueOrDefault(o))];
        // Another verb has options of its own.
        string[] told = [.. other.Where(o => Verb == made.Options.Verb || Options.ContainsKey(o))];
        if (told.Length > 0)
        {
            notes.Add($"not as in the recipe of {Path}: {string.Join(", ", told)}");
        }

        if (Model != made.Model)
        {
            notes.Add($"the weights are others than the recipe's ({made.Model}, there {Model})");
        }

        if (made.Inputs.Any(i => Value((json["inputs"] as JsonObject)?[i.Key]) != Value(i.Value)))
        {
            notes.Add("the files it is made from are others than the recipe's");
        }

        if (Value(json["engine"]) != made.Options.Engine)
        {
            notes.Add($"the picture was made by {Human.Plain(Value(json["engine"]) ?? "an unknown engine")}, here by {made.Options.Engine}: the network's sums may be rounded in another way");
        }

        if (other.Length == 0 && Value(json["plan"]) != made.PlanHash)
        {
            notes.Add($"this version makes another plan of the same options than {Program}, which made the picture");
        }

        return notes;
    }

    private static DiffusionException Wrong(string path, string why) => new(ErrorKind.Data, $"{path}: its recipe cannot be used: {why}");

    private static string? Value(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    // On Windows even looking for such a path speaks to a stranger's server.
    private static bool IsRemote(string value) => value.Length > 1 && value[0] is '/' or '\\' && value[1] is '/' or '\\';

    private string Text(string name) => Human.Plain(Value(json[name]) ?? throw Wrong($"its {name} is missing"));
}
