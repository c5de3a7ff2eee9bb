using System.Text.Json.Nodes;

namespace DiffusionSharp.Cli.Display;

/// <summary>Lists and maps of numbers and texts as JSON.</summary>
internal static class JsonParts
{
    public static JsonArray List<T>(IEnumerable<T> items) => new([.. items.Select(i => (JsonNode?)JsonValue.Create(i))]);

    /// <summary>A number, or null for an infinite one, which JSON does not have.</summary>
    public static JsonNode? Finite(double value) => double.IsFinite(value) ? value : null;

    public static JsonObject Map<T>(IEnumerable<KeyValuePair<string, T>> items) =>
        new(items.Select(i => KeyValuePair.Create(i.Key, (JsonNode?)JsonValue.Create(i.Value))));
}
