using System.Text.Json;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Output;

namespace DiffusionSharp.Cli.Recipes;

/// <summary>In what two recipes of one image differ, with both values.</summary>
internal static class RecipeDifference
{
    // What follows from the options, or only rounds.
    private static readonly string[] Silent = ["only", "batch", "threads", "device", "engine"];

    // Facts that no option need have changed for.
    private static readonly string[] Facts = ["model", "labels", "inputs", "sampler", "x0", "T", "prediction", "plan"];

    /// <summary>Says it.</summary>
    /// <param name="found">The recipe in the picture that is there; null for none.</param>
    /// <param name="made">The recipe of what is about to be made.</param>
    public static string Describe(string? found, string made)
    {
        if (found is null)
        {
            return "it carries no recipe";
        }

        var (there, here) = (Parsed(found), Parsed(made));
        if (there?["options"] is not JsonObject before || here?["options"] is not JsonObject now)
        {
            return "its recipe is not understood";
        }

        // The plan and its parts follow from the options; the weights do not.
        var options = Differences(before, now, before.Concat(now).Select(o => o.Key).Distinct().Except(Silent), "--");
        string[] told = [.. options, .. Differences(there, here, options.Count > 0 ? ["model"] : Facts, "")];
        return told.Length == 0 ? "another version made it" : string.Join(", ", told);
    }

    private static List<string> Differences(JsonObject there, JsonObject here, IEnumerable<string> names, string dashes) =>
        [.. names.Where(n => !JsonNode.DeepEquals(there[n], here[n])).Select(n => $"{Human.Plain(dashes + n)} was {Shown(there[n])} and is {Shown(here[n])}")];

    private static string Shown(JsonNode? value) => value is null ? "not given" : Human.Plain(value is JsonValue ? value.ToString() : value.ToJsonString());

    private static JsonObject? Parsed(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }
}
