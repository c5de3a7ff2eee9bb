using System.Text.RegularExpressions;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Tests.Kit;

namespace DiffusionSharp.Cli.Tests.CommandLine;

public sealed partial class HelpTests
{
    public static TheoryData<string> Verbs => [.. VerbRow.All.Select(v => v.Name)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Starts_with_an_example_and_fits_a_screen(string verb)
    {
        var help = new Ddim().Done([.. verb.Split(' '), "--help"]).TrimEnd('\n').Split('\n');

        Assert.StartsWith($"Example:  ddim ", help[0], StringComparison.Ordinal);
        Assert.InRange(help.Length, 2, 40);
        Assert.All(help, line => Assert.InRange(line.Length, 0, 100));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Names_exactly_the_options_there_are(string name)
    {
        var verb = VerbRow.All.Single(v => v.Name == name);
        var command = verb.Create(CliHost.Silent, []);
        var text = verb.Help[verb.Help.IndexOf('\n', StringComparison.Ordinal)..];

        var named = OptionName().Matches(text).Select(m => m.Value).ToHashSet();
        var real = command.Options.SelectMany(o => o.Aliases.Append(o.Name)).Where(o => o.StartsWith("--", StringComparison.Ordinal)).ToHashSet();

        Assert.Equal(real.Order(), named.Order());
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    public void Overview_lists_every_verb(string word)
    {
        var overview = new Ddim().Done(word);

        Assert.StartsWith("Example:", overview, StringComparison.Ordinal);
        Assert.All(VerbRow.All, v => Assert.Contains($"  {v.Name} ", overview, StringComparison.Ordinal));
        Assert.InRange(overview.TrimEnd('\n').Split('\n').Length, 2, 40);
        Assert.Equal(overview, new Ddim().Done());
    }

    [Fact]
    public void Help_of_a_verb_can_be_asked_for_both_ways() =>
        Assert.Equal(new Ddim().Done("data", "check", "--help"), new Ddim().Done("help", "data", "check"));

    [Theory]
    [InlineData("data")]
    [InlineData("data", "--help")]
    [InlineData("help", "data")]
    public void Data_alone_shows_its_only_verb(params string[] words) =>
        Assert.Equal(new Ddim().Done("data", "check", "--help"), new Ddim().Done(words));

    [Fact]
    public void Version_is_the_assemblys() => Assert.Matches(@"^ddim \d+\.\d+\.\d+\n$", new Ddim().Done("--version"));

    [GeneratedRegex("--[a-z][a-z0-9-]*")]
    private static partial Regex OptionName();
}
