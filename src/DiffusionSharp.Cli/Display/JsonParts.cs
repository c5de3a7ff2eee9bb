using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace DiffusionSharp.Cli.Display;

/// <summary>Lists and maps of numbers and texts as JSON.</summary>
internal static partial class JsonParts
{
    public static JsonArray List<T>(IEnumerable<T> items) => new([.. items.Select(Value)]);

    /// <summary>A number, or null for an infinite one, which JSON does not have.</summary>
    public static JsonNode? Finite(double value) => double.IsFinite(value) ? value : null;

    public static JsonObject Map<T>(IEnumerable<KeyValuePair<string, T>> items) => new(items.Select(i => KeyValuePair.Create(i.Key, (JsonNode?)Value(i.Value))));

    // A trimmed program has no reflection to find out how a type is written.
    private static JsonValue? Value<T>(T value) => JsonValue.Create(value, (JsonTypeInfo<T>)Types.Default.GetTypeInfo(typeof(T))!);

    [JsonSerializable(typeof(string))]
    [JsonSerializable(typeof(int))]
    [JsonSerializable(typeof(long))]
    [JsonSerializable(typeof(double))]
    private sealed partial class Types : JsonSerializerContext;
}
