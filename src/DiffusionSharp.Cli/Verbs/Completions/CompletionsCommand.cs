using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;

namespace DiffusionSharp.Cli.Verbs.Completions;

/// <summary>
/// <c>ddim completions</c>: a shell's script with all words in it. It is made of the very options that parse, so that it is as true as asking the
/// program at every Tab, which would cost the start of a process each time and need <c>ddim</c> to be one.
/// </summary>
internal static class CompletionsCommand
{
    public const string Help = """
        Example:  ddim completions bash > ~/.local/share/bash-completion/completions/ddim

        Prints a script with which a shell completes verbs, options, the values of options that are
        a choice (solvers, spacings, schedules, engines, …), and file names elsewhere.

          SHELL              bash, zsh, fish or powershell

        For every new shell, and anew with every version of ddim:
          bash               as above, or in ~/.bashrc: source <(ddim completions bash)
          zsh                in ~/.zshrc, after compinit: source <(ddim completions zsh)
          fish               ddim completions fish > ~/.config/fish/completions/ddim.fish
          powershell         in $PROFILE: ddim completions powershell | Out-String | Invoke-Expression
        """;

    private static readonly (string Name, Func<IReadOnlyList<VerbWords>, string> Script)[] Shells =
        [("bash", BashScript.Write), ("zsh", ZshScript.Write), ("fish", FishScript.Write), ("powershell", PowerShellScript.Write)];

    /// <param name="host">Receives the script.</param>
    /// <param name="verbs">Makes the words of all verbs.</param>
    public static Command Create(CliHost host, Func<IReadOnlyList<VerbWords>> verbs)
    {
        var shell = new Argument<string>("SHELL");
        shell.CompletionSources.Add([.. Shells.Select(s => s.Name)]);
        var command = new Command("completions") { shell };
        command.SetAction(r =>
        {
            var asked = r.GetValue(shell)!;
            var script = Shells.FirstOrDefault(s => s.Name == asked).Script ?? throw new DiffusionException(
                ErrorKind.Usage, $"completions: found '{asked}'; choose among {string.Join(", ", Shells.Select(s => s.Name))}{Suggestion.For(asked, Shells.Select(s => s.Name))}");
            host.Out.Write(script(verbs()));
            return 0;
        });
        return command;
    }
}
