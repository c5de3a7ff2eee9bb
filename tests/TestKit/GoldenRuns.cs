using System.Text.Json;

namespace TestKit;

/// <summary>
/// The runs of the golden cases. A theory takes its data from <see cref="ForKind"/> or <see cref="CasesOf"/>, so that every case of its kind, and
/// every run of it, is replayed unless tests/Conformance/not-covered.json lists it with a reason. What differs between two cases of a kind is
/// read from their case.json.
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

    /// <summary>Whether a case is of a kind: its name is the kind's, or goes on after it with anything but a letter.</summary>
    public static bool IsOf(string name, string kind) =>
        name.StartsWith(kind, StringComparison.Ordinal) && (name.Length == kind.Length || !char.IsLetter(name[kind.Length]));

    /// <summary>The cases of a kind.</summary>
    public static IReadOnlyList<string> CasesOf(string kind) => Shared.Exists ? [.. Cases.Where(c => IsOf(c, kind))] : [Absent];

    /// <summary>The runs of all cases of a kind that must pass: all but the listed ones.</summary>
    public static IReadOnlyList<(string Case, string Run)> ForKind(string kind) => Shared.Exists
        ? [.. from name in CasesOf(kind) from run in All(name) where !Listed.Any(n => n.Case == name && n.Run == run) select (name, run)]
        : [(Absent, Absent)];

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
