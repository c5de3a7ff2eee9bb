using System.Text.RegularExpressions;
using TestKit;

namespace DiffusionSharp.Tests;

/// <summary>The architecture, read off the sources: a folder is a namespace, no two of a project need each other, and files are small.</summary>
public partial class RoomsTests
{
    private const int MostLines = 300;

    private static readonly string Source = Path.Combine(Shared.Repository, "src");

    public static TheoryData<string> Projects => [.. Names];

    public static TheoryData<string> Libraries => [.. Names.Where(n => n != "DiffusionSharp.Cli")];

    private static IEnumerable<string> Names => Directory.GetDirectories(Source).Select(d => Path.GetFileName(d)!);

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_are_namespaces(string project) => Assert.All(Files(project), f => Assert.Equal(f.Folder, f.Namespace));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Rooms_need_each_other_in_no_circle(string project)
    {
        var files = Files(project);
        var types = files.GroupBy(f => f.Namespace).ToDictionary(g => g.Key, g => g.SelectMany(f => TopLevel().Matches(f.Text).Select(m => m.Groups[1].Value)).ToHashSet());
        var needs = files.GroupBy(f => f.Namespace).ToDictionary(g => g.Key, g => g.SelectMany(f => Needed(f, types)).ToHashSet());
        while (needs.Count > 0)
        {
            var free = needs.Where(n => !n.Value.Overlaps(needs.Keys)).Select(n => n.Key).ToArray();
            Assert.True(free.Length > 0, "a circle among " + string.Join("; ", needs.Select(n => $"{n.Key} → {string.Join(", ", n.Value.Intersect(needs.Keys))}")));
            Array.ForEach(free, n => needs.Remove(n));
        }
    }

    // Unrolled kernels would be exempt; there is none so long.
    [Fact]
    public void No_file_has_more_than_300_lines() => Assert.All(
        ((string[])["src", "tests", "torch", "bench", "samples"]).SelectMany(f => Sources(Path.Combine(Shared.Repository, f))),
        path => Assert.True(File.ReadLines(path).Count() <= MostLines, $"{path} has more than {MostLines} lines: split it by purpose"));

    // Who calls a library may never have seen the command: a message speaks of properties and parameters. In a line of code a flag is in a string
    // where a quote stands before it.
    [Theory]
    [MemberData(nameof(Libraries))]
    public void Libraries_speak_of_no_flags(string project) => Assert.All(
        Files(project).SelectMany(f => Flag().Matches(f.Text).Select(m => $"{f.Namespace}: {m.Value.Trim()}")),
        line => Assert.Fail($"{line} names a flag: say it in the words of the library"));

    // What a file names in using directives, and what it uses of the namespaces around its own, which need none.
    private static IEnumerable<string> Needed(SourceFile file, Dictionary<string, HashSet<string>> types) =>
        types.Keys.Where(n => n != file.Namespace && (file.Text.Contains($"using {n};", StringComparison.Ordinal)
            || (file.Namespace.StartsWith(n + ".", StringComparison.Ordinal) && Words().Matches(file.Text).Any(w => types[n].Contains(w.Value)))));

    private static SourceFile[] Files(string project) =>
    [
        .. from path in Sources(Path.Combine(Source, project))
           let folder = Path.GetRelativePath(Source, Path.GetDirectoryName(path)!).Replace(Path.DirectorySeparatorChar, '.')
           let text = Comments().Replace(File.ReadAllText(path), "")
           where Space().IsMatch(text)
           select new SourceFile(folder, Space().Match(text).Groups[1].Value, text),
    ];

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Where(f => !Built().IsMatch(Path.GetRelativePath(folder, f)));

    [GeneratedRegex(@"(^|[\\/])(bin|obj)[\\/]")]
    private static partial Regex Built();

    [GeneratedRegex(@"//.*")]
    private static partial Regex Comments();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Space();

    [GeneratedRegex(@"^[a-z ]*\b(?:class|struct|record|interface|enum|delegate [\w<>?]+) (?!struct|class)(\w+)", RegexOptions.Multiline)]
    private static partial Regex TopLevel();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*")]
    private static partial Regex Words();

    [GeneratedRegex(@"^.*""(?:.*[ ('`])?--[a-z].*", RegexOptions.Multiline)]
    private static partial Regex Flag();

    private sealed record SourceFile(string Folder, string Namespace, string Text);
}
