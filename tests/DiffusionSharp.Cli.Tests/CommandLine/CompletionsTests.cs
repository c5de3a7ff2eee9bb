using System.Diagnostics;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Cli.Tests.CommandLine;

/// <summary>The scripts of <c>ddim completions</c>, as text and in the shells that are here.</summary>
public sealed class CompletionsTests : IDisposable
{
    private readonly Scratch scratch = new();

    public static TheoryData<string> Verbs => [.. VerbRow.All.Select(v => v.Name)];

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("powershell")]
    public void Every_verb_and_every_option_is_in_the_script(string shell)
    {
        var script = Script(shell);
        foreach (var verb in VerbRow.All)
        {
            Assert.All(verb.Name.Split(' '), word => Assert.Matches($@"\b{word}\b", script));
            Assert.All(Options(verb.Name), option => Assert.Contains(
                shell != "fish" ? option : option.StartsWith("--", StringComparison.Ordinal) ? $"-l {option[2..]}" : $"-s {option[1..]}", script, StringComparison.Ordinal));
        }

        Assert.Contains(ScheduleRow.All[0].Short ?? ScheduleRow.All[0].Name, script, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_shells_are_refused_with_their_names()
    {
        new Ddim().Fails(ErrorKind.Usage, "found 'zhs'; choose among bash, zsh, fish, powershell; did you mean zsh?", "completions", "zhs");
        new Ddim().Fails(ErrorKind.Usage, "SHELL", "completions");
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Bash_offers_every_option(string verb) => Assert.Equal(Options(verb).Order(), Bash([.. verb.Split(' '), "-"]).Order());

    [Fact]
    public void Bash_completes()
    {
        Assert.Equal([.. VerbRow.All.Select(v => v.Name.Split(' ')[0]), "help", "--help", "--version"], Bash(""));
        Assert.Equal(["sample"], Bash("sam"));
        Assert.Equal(["check"], Bash("data", ""));
        Assert.Equal(["sweep"], Bash("help", "sw"));
        Assert.Equal(["bash", "fish", "powershell", "zsh"], Bash("completions", ""));
        Assert.Equal(["--solver"], Bash("sample", "--count", "3", "--so"));
        Assert.Equal(SolverRow.All.SelectMany(r => new[] { r.Name, r.Alias }).OfType<string>().Order(StringComparer.Ordinal), Bash("sample", "--solver", ""));
        Assert.Equal(["unipc2", "unipc3"], Bash("sample", "--solver", "=", "uni"));
        Assert.Equal(SpacingRow.All.Select(r => r.Name).Order(StringComparer.Ordinal), Bash("sweep", "--spacing", "="));
        Assert.Empty(Bash("sample", "--steps", ""));
        Assert.Contains("--steps", Bash("sample", ""));
        Assert.Empty(Bash("nonsense", "-"));
    }

    [Fact]
    public void Bash_completes_files_elsewhere()
    {
        scratch.Text("a picture.png", "");
        scratch.Text("array.npy", "");
        Directory.CreateDirectory(scratch["album"]);

        Assert.Equal(["a picture.png", "album", "array.npy"], Bash("sample", "--out", "a").Order(StringComparer.Ordinal));
        Assert.Equal(["array.npy"], Bash("inspect", "arr"));
        Assert.Equal(["a picture.png"], Bash("sample", "--from", "=", "a p"));
    }

    [Fact]
    public void Zsh_completes()
    {
        Require("zsh");
        File.WriteAllText(scratch["_ddim"], Script("zsh"));
        // What the functions of its completion system would be given.
        File.WriteAllText(scratch["harness"], """
            compdef() { : }
            compset() { : }
            _files() { print -r -- FILES }
            _describe() { print -rl -- ${(P)2} }
            compadd() { shift; print -rl -- $@ }
            source ./_ddim
            words=("$@") CURRENT=$#
            _ddim
            """);

        Assert.Contains("convert:write anybody's checkpoint as a model folder that diffusers opens, too", Zsh(""));
        Assert.Equal(Options("sample"), Zsh("sample", "-"));
        Assert.Equal(["check"], Zsh("data", ""));
        Assert.Equal(["cpu", "torch"], Zsh("sample", "--engine", ""));
        Assert.Equal(["cpu", "torch"], Zsh("sample", "--engine=c"));
        Assert.Equal(["FILES"], Zsh("sample", "--out", ""));
        Assert.Equal(["FILES"], Zsh("inspect", ""));
        Assert.Empty(Zsh("sample", "--steps", ""));
        Assert.Equal(["bash", "fish", "powershell", "zsh"], Zsh("completions", ""));

        string[] Zsh(params string[] words) => Run("zsh", ["-f", "./harness", "ddim", .. words]);
    }

    [Fact]
    public void Fish_completes()
    {
        Require("fish");
        File.WriteAllText(scratch["ddim.fish"], Script("fish"));
        scratch.Text("array.npy", "");

        Assert.Equal(["sample\tdraw images with a model"], Fish("ddim sam"));
        Assert.Contains("convert\twrite anybody's checkpoint as a model folder that diffusers opens, too", Fish("ddim "));
        Assert.Equal(Options("sample").Where(o => o.StartsWith("--", StringComparison.Ordinal)).Order(StringComparer.Ordinal), Fish("ddim sample --").Order(StringComparer.Ordinal));
        Assert.Equal(["check\tlist the files of a data set that cannot be used"], Fish("ddim data c"));
        Assert.Equal(["unipc2", "unipc3"], Fish("ddim sample --solver uni"));
        Assert.Equal(["array.npy"], Fish("ddim sample --init arr"));
        Assert.Equal(["array.npy"], Fish("ddim inspect arr"));
        Assert.Empty(Fish("ddim sample --steps arr"));
        Assert.Equal(["zsh"], Fish("ddim completions z"));

        string[] Fish(string line) => Run("fish", ["--no-config", "-c", $"source ./ddim.fish; complete -C '{line}'"]);
    }

    [Fact]
    public void Power_shell_completes()
    {
        Require("pwsh");
        File.WriteAllText(scratch["ddim.ps1"], Script("powershell"));

        Assert.Equal(["sample"], PowerShell("ddim sam"));
        Assert.Equal(Options("sample"), PowerShell("ddim sample -"));
        Assert.Equal(["check"], PowerShell("ddim data c"));
        Assert.Equal(["unipc2", "unipc3"], PowerShell("ddim sample --solver uni"));
        Assert.Equal(["zsh"], PowerShell("ddim completions z"));

        string[] PowerShell(string line) => Run("pwsh", ["-NoProfile", "-Command", $"function ddim {{ }}; . ./ddim.ps1; (TabExpansion2 '{line}' {line.Length}).CompletionMatches.CompletionText"]);
    }

    private static string Script(string shell) => new Ddim().Done("completions", shell);

    private static string[] Options(string verb) =>
    [
        .. VerbRow.All.Single(v => v.Name == verb).Create(CliHost.Silent, []).Options.SelectMany(o => o.Aliases.Prepend(o.Name)), "--config", "--verbose", "--help", "-h",
    ];

    // The words after the command as bash takes them apart; the last one is completed.
    private string[] Bash(params string[] words)
    {
        Require("bash");
        File.WriteAllText(scratch[".ddim.bash"], Script("bash"));
        return Run("bash", ["--norc", "-c", """source ./.ddim.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ddim; printf '%s\n' "${COMPREPLY[@]}" """, "bash", "ddim", .. words]);
    }

    private static void Require(string shell)
    {
        var isHere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Join(folder, shell)));
        Assert.SkipUnless(isHere, $"{shell} is not installed: its script is only read here");
    }

    private string[] Run(string shell, string[] args)
    {
        var start = new ProcessStartInfo(shell, args) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = scratch.Root };
        start.Environment["HOME"] = scratch.Root;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.Equal("", error.Result);
        return lines;
    }
}
