using System.Text.Json;
using System.Text.Json.Serialization;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Plans;

/// <summary>The JSON form of a plan. Numbers are written shortest-exact, so they come back bit for bit.</summary>
internal static class SamplingPlanJson
{
    private const string Format = "diffusionsharp-sampling-plan-1";

    public static string Write(SamplingPlan plan)
    {
        var x0 = plan.X0Treatment;
        var document = new PlanDocument(
            Format,
            plan.Name,
            plan.T,
            plan.PredictionType,
            new X0Document(x0.Kind, x0.Range, x0.Quantile, x0.Max, x0.KeepsEpsilon),
            plan.InitialScale,
            [.. plan.Steps],
            [.. plan.Notes],
            plan.FixedPoint);
        return JsonSerializer.Serialize(document, PlanJsonContext.Default.PlanDocument);
    }

    public static SamplingPlan Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        PlanDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(StrictJson.Checked(json), PlanJsonContext.Default.PlanDocument);
        }
        catch (JsonException e)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"sampling plan: the JSON is not a plan: {e.Message}", e);
        }

        if (document?.Format != Format)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"sampling plan: format is '{document?.Format}', expected '{Format}'");
        }

        var treatment = Treatment(document.X0Treatment);
        return new SamplingPlan(document.Name, document.T, document.PredictionType, treatment, document.Steps, document.InitialScale)
        {
            Notes = document.Notes,
            FixedPoint = document.FixedPoint,
        };
    }

    private static X0Treatment Treatment(X0Document x0) => x0.Kind switch
    {
        X0TreatmentKind.Clip => X0Treatment.Clip(x0.Range, x0.KeepsEpsilon),
        X0TreatmentKind.DynamicThreshold => X0Treatment.DynamicThreshold(x0.Quantile, x0.Max, x0.KeepsEpsilon),
        _ => X0Treatment.None,
    };
}

internal sealed record PlanDocument(
    string Format,
    string Name,
    int T,
    PredictionType PredictionType,
    X0Document X0Treatment,
    double InitialScale,
    SamplingStep[] Steps,
    string[] Notes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FixedPoint? FixedPoint = null);

internal sealed record X0Document(X0TreatmentKind Kind, double Range, double Quantile, double Max, bool KeepsEpsilon);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    Converters = [typeof(CoefficientsConverter)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PlanDocument))]
[JsonSerializable(typeof(double[]))]
internal sealed partial class PlanJsonContext : JsonSerializerContext;

/// <summary>Coefficients as an array of numbers.</summary>
internal sealed class CoefficientsConverter : JsonConverter<ValueList<double>>
{
    public override ValueList<double> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ValueList.Create<double>(JsonSerializer.Deserialize(ref reader, PlanJsonContext.Default.DoubleArray));

    public override void Write(Utf8JsonWriter writer, ValueList<double> value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, [.. value], PlanJsonContext.Default.DoubleArray);
}
