using System.Text.Json;
using System.Text.Json.Serialization;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling;

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
            [.. plan.Notes]);
        return JsonSerializer.Serialize(document, PlanJsonContext.Default.PlanDocument);
    }

    public static SamplingPlan Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        PlanDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(json, PlanJsonContext.Default.PlanDocument);
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
    string[] Notes);

internal sealed record X0Document(X0TreatmentKind Kind, double Range, double Quantile, double Max, bool KeepsEpsilon);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PlanDocument))]
internal sealed partial class PlanJsonContext : JsonSerializerContext;
