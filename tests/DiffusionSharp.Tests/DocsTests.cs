using System.Text.RegularExpressions;
using TestKit;

namespace DiffusionSharp.Tests;

/// <summary>What the documents point at is there.</summary>
public partial class DocsTests
{
    // What MSBuild and NuGet know and no source names.
    private static readonly HashSet<string> Others = ["PublishAot", "IlcInstructionSet", "CppCompilerAndLinker", "LinkerFlavor", "PrunePackageReference", "PublicAPI", "ExcludeAssets"];

    private static readonly string[] Documents = [.. Directory.EnumerateFiles(Shared.Repository, "*.md", SearchOption.AllDirectories)
        .Where(f => !Hidden().IsMatch(Path.GetRelativePath(Shared.Repository, f)))];

    private static readonly string[] Sources = [.. Directory.EnumerateFiles(Shared.Repository, "*.cs*", SearchOption.AllDirectories)
        .Where(f => !Hidden().IsMatch(Path.GetRelativePath(Shared.Repository, f)))];

    private static readonly Lazy<HashSet<string>> Names = new(() =>
        [.. Sources.SelectMany(f => Word().Matches(Path.GetFileName(f) + File.ReadAllText(f)).Select(m => m.Value))]);

    // The words of the files that declare a type.
    private static readonly Lazy<ILookup<string, HashSet<string>>> Declared = new(() =>
        Sources.SelectMany(f =>
        {
            var text = File.ReadAllText(f);
            var words = Word().Matches(text).Select(m => m.Value).ToHashSet();
            return Declaration().Matches(text).Select(m => (Type: m.Groups[1].Value, words));
        }).ToLookup(t => t.Type, t => t.words));

    public static TheoryData<string> All => [.. Documents.Select(f => Path.GetRelativePath(Shared.Repository, f))];

    [Theory]
    [MemberData(nameof(All))]
    public void Links_lead_somewhere(string document)
    {
        var path = Path.Combine(Shared.Repository, document);
        Assert.All(Link().Matches(File.ReadAllText(path)).Select(m => m.Groups[1].Value), link =>
        {
            var (file, heading) = link.Split('#') is [var f, var h] ? (f, h) : (link, null);
            var target = file.Length == 0 ? path : Path.Combine(Path.GetDirectoryName(path)!, file);
            Assert.True(File.Exists(target) || Directory.Exists(target), $"{link} leads nowhere");
            Assert.True(heading is null || Heading().Matches(File.ReadAllText(target)).Any(m => Anchor(m.Groups[1].Value) == heading), $"{link}: there is no such heading");
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Types_and_tests_exist(string document) => Assert.All(
        Code().Matches(Block().Replace(File.ReadAllText(Path.Combine(Shared.Repository, document)), "")).SelectMany(m => Compound().Matches(m.Groups[1].Value)).Select(m => m.Value).Distinct(),
        name => Assert.True(Names.Value.Contains(name) || Others.Contains(name), $"`{name}` is nowhere in the sources"));

    [Theory]
    [MemberData(nameof(All))]
    public void Members_are_those_of_their_types(string document) => Assert.All(
        Code().Matches(Block().Replace(File.ReadAllText(Path.Combine(Shared.Repository, document)), "")).SelectMany(m => Member().Matches(m.Groups[1].Value)).DistinctBy(m => m.Value),
        m => Assert.True(
            Declared.Value[m.Groups[1].Value].DefaultIfEmpty().Any(words => words is null || words.Contains(m.Groups[2].Value)),
            $"`{m.Value}`: no file that declares {m.Groups[1].Value} has {m.Groups[2].Value}"));

    // The site's tables of contents are made of these lists.
    [Theory]
    [InlineData("docs", "README.md")]
    [InlineData("docs/decisions", "docs/decisions/README.md")]
    public void Every_document_is_listed(string folder, string list)
    {
        var path = Path.Combine(Shared.Repository, list);
        var listed = Link().Matches(File.ReadAllText(path)).Select(m => Path.GetFullPath(m.Groups[1].Value, Path.GetDirectoryName(path)!)).ToHashSet();
        Assert.All(Directory.EnumerateFiles(Path.Combine(Shared.Repository, folder), "*.md").Where(f => f != path), f => Assert.Contains(f, listed));
    }

    [Fact]
    public void The_version_is_that_of_the_build()
    {
        var version = BuildVersion().Match(File.ReadAllText(Path.Combine(Shared.Repository, "Directory.Build.props"))).Groups[1].Value;
        Assert.Equal(version, Section().Match(File.ReadAllText(Path.Combine(Shared.Repository, "CHANGELOG.md"))).Groups[1].Value);
        var said = Documents.SelectMany(f => SaidVersion().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).ToArray();
        Assert.NotEmpty(said);
        Assert.All(said, v => Assert.StartsWith(v, version, StringComparison.Ordinal));
    }

    private static string Anchor(string heading) => Dropped().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"(^|[\\/])(bin|obj|node_modules|\.\w+)[\\/]")]
    private static partial Regex Hidden();

    [GeneratedRegex(@"\]\((?!https?:|mailto:)([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Dropped();

    [GeneratedRegex("^```[\\s\\S]*?^```", RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("<Version>(.+)</Version>")]
    private static partial Regex BuildVersion();

    [GeneratedRegex(@"^## (\S+)", RegexOptions.Multiline)]
    private static partial Regex Section();

    // Ours, as README says it and as somebody types it after a package of ours.
    [GeneratedRegex(@"(?:This is version|DiffusionSharp\.\w+ .*--version) (\d[\d.]*\d)")]
    private static partial Regex SaidVersion();

    // Two words at least, as names of types and tests have.
    [GeneratedRegex(@"(?<![\w.*\-])[A-Z][a-z0-9]+[A-Z][A-Za-z0-9]*\b")]
    private static partial Regex Compound();

    [GeneratedRegex(@"(?<![\w./\-])([A-Z]\w*)\.([A-Z]\w*)(?![\w/]|\.cs)")]
    private static partial Regex Member();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record|record struct)\s+([A-Z]\w*)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Word();
}
