using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>What a verb that samples says at its end, as lines or as JSON: how many images of which model, where, and what they took.</summary>
internal sealed record SampleSummary
{
    /// <summary>The file or folder that holds the result.</summary>
    public required string Out { get; init; }

    public required DiffusionModel Model { get; init; }

    public required SamplingPlan Plan { get; init; }

    public required SampleResult Result { get; init; }

    public required int Images { get; init; }

    /// <summary>W of classifier-free guidance, which may take two network calls where the plan says one.</summary>
    public double Guidance { get; init; } = 1;

    /// <summary>The levels that are guided; null for all.</summary>
    public GuidanceInterval? Interval { get; init; }

    /// <summary>What of the images was written; empty for the images themselves.</summary>
    public string Of { get; init; } = "";

    /// <summary>Files and folders besides <see cref="Out"/> that hold results.</summary>
    public IReadOnlyList<string> Also { get; init; } = [];

    /// <summary>What the plan does not know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Fields of one verb alone.</summary>
    public JsonObject More { get; init; } = [];

    /// <summary>Prints it.</summary>
    public void Print(CliHost host, bool json)
    {
        string[] notes = [.. Plan.Notes, .. Notes];
        JsonOption.Print(host, json, () => Json(notes), () => Text() + (Also.Count > 0 ? $"\nwritten, too: {string.Join(", ", Also)}" : "") + string.Concat(notes.Select(n => $"\nnote: {Human.Plain(n)}")));
    }

    private int NetworkCalls => GuidedDenoiser.NetworkCalls(Guidance, Interval, Plan);

    private JsonObject Json(string[] notes)
    {
        var shape = Model.Shape;
        var json = new JsonObject
        {
            ["out"] = Out,
            ["images"] = Images,
            ["alreadyThere"] = Result.Skipped,
            ["shape"] = new JsonArray(shape.Channels, shape.Height, shape.Width),
            ["networkCalls"] = NetworkCalls,
            ["callsMade"] = Result.Calls,
            ["seconds"] = Result.Seconds,
            ["secondsToFirstCall"] = Result.SecondsToFirstCall,
            ["model"] = Model.Name,
        };
        foreach (var (name, value) in More)
        {
            json[name] = value?.DeepClone();
        }

        json["notes"] = JsonParts.List(notes);
        return json;
    }

    private string Text() => $"{(Of.Length > 0 ? $"{Of} of " : "")}{Human.Images(Images)} of {Model.Shape} in {Out}: "
        + FormattableString.Invariant($"{(Plan.FixedPoint is null ? $"{Human.Quantity(NetworkCalls, "network call")} each" : Human.Quantity(Result.Calls, "network call"))}, {Result.Seconds:F1} s")
        + (Result.Skipped > 0 ? $" ({Result.Skipped} were there already)" : "");
}
