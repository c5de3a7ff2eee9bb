using System.Text;

namespace DiffusionSharp.Cli.Verbs.Completions;

/// <summary>The script for fish.</summary>
internal static class FishScript
{
    public static string Write(IReadOnlyList<VerbWords> verbs)
    {
        var text = new StringBuilder("""
            # ddim for fish, made by: ddim completions fish
            function __ddim_verb
                set -l words (commandline -opc)
                test (count $words) -gt 1; and test "$words[2]" = "$argv[1]"
            end
            function __ddim_words
                test (count (commandline -opc)) -eq $argv[1]
            end
            complete -c ddim -f
            complete -c ddim -n '__ddim_words 1' -l help
            complete -c ddim -n '__ddim_words 1' -l version
            complete -c ddim -n '__ddim_words 1' -a help -d 'show the options of a verb'

            """);
        foreach (var verb in verbs)
        {
            var words = verb.Name.Split(' ');
            var line = verb.Line.Replace("'", "\\'", StringComparison.Ordinal);
            text.Append($"complete -c ddim -n '__ddim_words 1; or __ddim_verb help' -a {words[0]} -d '{line}'\n");
            if (words.Length == 2)
            {
                text.Append($"complete -c ddim -n '__ddim_verb {words[0]}; and __ddim_words 2' -a {words[1]} -d '{line}'\n");
            }

            foreach (var option in verb.Options)
            {
                text.Append($"complete -c ddim -n '__ddim_verb {words[0]}'{Names(option)}{Value(option)}\n");
            }

            if (verb.TakesArguments)
            {
                text.Append($"complete -c ddim -n '__ddim_verb {words[0]}'{(verb.Arguments.Count > 0 ? $" -a '{string.Join(' ', verb.Arguments)}'" : " -F")}\n");
            }
        }

        return text.ToString();
    }

    private static string Names(OptionWords option) => string.Concat(option.Names.Select(n => n.StartsWith("--", StringComparison.Ordinal) ? $" -l {n[2..]}" : $" -s {n[1..]}"));

    private static string Value(OptionWords option) => option switch
    {
        { TakesValue: false } => "",
        { IsFile: true } => " -r -F",
        { Words.Count: 0 } => " -x",
        _ => $" -x -a '{string.Join(' ', option.Words)}'",
    };
}
