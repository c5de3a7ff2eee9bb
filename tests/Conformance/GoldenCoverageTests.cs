using System.Text.RegularExpressions;
using TestKit;

namespace Conformance;

/// <summary>
/// Every run under ../shared/goldens is either replayed by a test or listed in not-covered.json with its reason.
/// A case with named runs counts as replayed where a test takes its data from <c>GoldenRuns.ForKind("kind")</c>,
/// a case without where a test takes it from <c>GoldenRuns.CasesOf("kind")</c> or names it in quotes.
/// </summary>
public class GoldenCoverageTests
{
    private static readonly Lazy<string> Sources = new(() => string.Concat(
        Directory.EnumerateFiles(Path.Combine(Shared.Repository, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(File.ReadAllText)));

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void Every_case_is_replayed_or_listed()
    {
        var missing = GoldenRuns.Cases.Where(c => !IsReplayed(c) && !IsListed(c)).Select(c =>
            $"{c}: replay it (a test that takes its data from {Source(c)}) or list it in tests/Conformance/not-covered.json with a reason").ToArray();
        Assert.True(missing.Length == 0, string.Join('\n', missing));
    }

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void What_is_listed_exists_and_is_not_replayed()
    {
        Assert.Equal(GoldenRuns.Listed.DistinctBy(n => (n.Case, n.Run)), GoldenRuns.Listed);
        foreach (var entry in GoldenRuns.Listed)
        {
            Assert.False(string.IsNullOrWhiteSpace(entry.Reason), $"{entry}: give a reason");
            Assert.Contains(entry.Case, GoldenRuns.Cases);
            if (entry.Run == GoldenRuns.Whole)
            {
                Assert.False(Mentions($"\"{entry.Case}\""), $"{entry.Case} is listed as not covered, but a test uses it: remove its line");
            }
            else
            {
                Assert.Contains(entry.Run, GoldenRuns.All(entry.Case));
                Assert.False(IsListed(entry.Case), $"{entry.Case} is listed as a whole and by run");
            }
        }
    }

    private static bool IsListed(string name) => GoldenRuns.Listed.Any(n => n.Case == name && n.Run == GoldenRuns.Whole);

    private static bool IsReplayed(string name) =>
        Regex.Matches(Sources.Value, Source(name) + @"\(""([^""]+)""\)").Any(m => GoldenRuns.IsOf(name, m.Groups[1].Value))
        || (GoldenRuns.All(name).Count == 0 && Mentions($"\"{name}\""));

    private static bool Mentions(string text) => Sources.Value.Contains(text, StringComparison.Ordinal);

    private static string Source(string name) => GoldenRuns.All(name).Count > 0 ? "GoldenRuns.ForKind" : "GoldenRuns.CasesOf";
}
