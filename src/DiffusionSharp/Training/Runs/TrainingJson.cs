using System.Text.Json;
using System.Text.Json.Serialization;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Training.Runs;

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters = [typeof(DoubleListConverter)])]
[JsonSerializable(typeof(TrainingOptions))]
[JsonSerializable(typeof(RunDataOptions))]
[JsonSerializable(typeof(TeacherConfig))]
[JsonSerializable(typeof(TrainingState))]
[JsonSerializable(typeof(CheckpointManifest))]
internal sealed partial class TrainingJson : JsonSerializerContext;

internal sealed class DoubleListConverter : JsonConverter<ValueList<double>>
{
    public override ValueList<double> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("a list of numbers is expected");
        }

        var items = new List<double>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(reader.GetDouble());
        }

        return [.. items];
    }

    public override void Write(Utf8JsonWriter writer, ValueList<double> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var item in value)
        {
            writer.WriteNumberValue(item);
        }

        writer.WriteEndArray();
    }
}
