using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DiffusionSharp.Imaging.Data;

namespace DiffusionSharp.Cli.Output;

/// <summary>Lists and maps of numbers and texts as JSON.</summary>
internal static partial class JsonParts
{
    public static JsonArray List<T>(IEnumerable<T> items) => new([.. items.Select(Value)]);

    /// <summary>A number, or null for an infinite one, which JSON does not have.</summary>
    public static JsonNode? Finite(double value) => double.IsFinite(value) ? value : null;

    public static JsonObject Map<T>(IEnumerable<KeyValuePair<string, T>> items) => new(items.Select(i => KeyValuePair.Create(i.Key, (JsonNode?)Value(i.Value))));

    /// <summary>What looks like pictures in a data set and is not read.</summary>
    public static JsonArray Skipped(IEnumerable<SkippedFiles> kinds) =>
        new([.. kinds.Select(k => new JsonObject { ["kind"] = k.Kind, ["count"] = k.Count, ["names"] = List(k.Names) })]);

    // A trimmed program has no reflection to find out how a type is written.
    private static JsonValue? Value<T>(T value) => JsonValue.Create(value, (JsonTypeInfo<T>)Types.Default.GetTypeInfo(typeof(T))!);

    [JsonSerializable(typeof(string))]
    [JsonSerializable(typeof(int))]
    [JsonSerializable(typeof(long))]
    [JsonSerializable(typeof(double))]
    private sealed partial class Types : JsonSerializerContext;
}
