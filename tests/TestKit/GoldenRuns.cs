using System.Text.Json;

namespace TestKit;

/// <summary>
/// The runs of the golden cases. A theory takes its data from <see cref="Of"/>, so that every run of its case is replayed unless
/// tests/Conformance/not-covered.json lists it with a reason.
/// </summary>
public static class GoldenRuns
{
    /// <summary>Stands for all runs of a case, also of a case without named runs.</summary>
    public const string Whole = "*";

    /// <summary>The one line of data of a theory that will be skipped.</summary>
    public const string Absent = "(../shared is absent)";

    /// <summary>What not-covered.json lists.</summary>
    public static IReadOnlyList<NotCovered> Listed { get; } = Read();

    /// <summary>Every case in ../shared/goldens.</summary>
    public static IReadOnlyList<string> Cases =>
        [.. Directory.GetDirectories(Shared.Path("goldens")).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)];

    /// <summary>Every run of a case: of its runs, its schedules, or the groups of diffusers-tests; empty where a case has none.</summary>
    public static IReadOnlyList<string> All(string name)
    {
        var folder = Shared.Path("goldens", name);
        var expected = Path.Combine(folder, "expected.json");
        if (File.Exists(expected))
        {
            return [.. Names(Parse(expected)).Where(n => n is not ("source" or "setup"))];
        }

        var json = Parse(Path.Combine(folder, "case.json"));
        string[] groups = ["runs", "schedules", "space_timesteps"];
        return [.. groups.Where(g => json.TryGetProperty(g, out _)).SelectMany(g => Names(json.GetProperty(g)))];
    }

    /// <summary>The runs of a case that must pass: all but the listed ones.</summary>
    public static IReadOnlyList<string> Of(string name) => Shared.Exists
        ? [.. All(name).Where(run => !Listed.Any(n => n.Case == name && n.Run == run))]
        : [Absent];

    private static NotCovered[] Read()
    {
        var file = Path.Combine(Shared.Repository, "tests", "Conformance", "not-covered.json");
        return [.. Parse(file).GetProperty("notCovered").EnumerateArray().Select(e => new NotCovered(
            e.GetProperty("case").GetString()!,
            e.GetProperty("run").GetString()!,
            e.GetProperty("reason").GetString()!))];
    }

    private static JsonElement Parse(string file) => JsonDocument.Parse(File.ReadAllText(file)).RootElement;

    private static IEnumerable<string> Names(JsonElement e) => e.EnumerateObject().Select(p => p.Name);
}
