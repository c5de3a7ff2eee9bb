namespace DiffusionSharp.Cli.Verbs.Completions;

/// <summary>The script for zsh, to be sourced or to lie as <c>_ddim</c> in a folder of <c>fpath</c>.</summary>
internal static class ZshScript
{
    public static string Write(IReadOnlyList<VerbWords> verbs) => $$"""
        #compdef ddim
        # ddim for zsh, made by: ddim completions zsh
        _ddim() {
            local cur="${words[CURRENT]}" prev="${words[CURRENT-1]}" verb="${words[2]}" kind= arguments=
            local -a verbs choice options
            if [[ $cur == --*=* ]]; then prev="${cur%%=*}"; cur="${cur#*=}"; compset -P '*='; fi
            verbs=(
        {{string.Concat(verbs.Select(v => $"        '{v.Name.Split(' ')[0]}:{v.Line.Replace("'", "'\\''", StringComparison.Ordinal)}'\n"))}}        'help:show the options of a verb'
            )
            if ((CURRENT == 2)); then
                if [[ $cur == -* ]]; then compadd -- --help --version; else _describe verb verbs; fi
                return
            elif [[ $verb == help ]]; then
                _describe verb verbs
                return
        {{string.Concat(ShellText.Pairs(verbs).Select(p => $"    elif [[ $verb == {p.First} ]] && ((CURRENT == 3)); then\n        choice=({p.Second})\n"))}}    else
                case "$verb" in
        {{string.Concat(verbs.Select(Verb))}}        esac
                if [[ -z $choice$kind ]]; then
                    if [[ $cur == -* || -z $arguments ]]; then choice=($options); else kind="$arguments"; fi
                fi
            fi
            if [[ $kind == file ]]; then _files; elif (($#choice)); then compadd -- $choice; fi
        }
        if [[ ${funcstack[1]} == _ddim ]]; then _ddim "$@"; else compdef _ddim ddim; fi

        """;

    private static string Verb(VerbWords verb) => $"""
                    {verb.Name.Split(' ')[0]})
                        options=({string.Join(' ', verb.Names)}){Arguments(verb)}
                        case "$prev" in
        {ShellText.Cases(verb, words => $"choice=({string.Join(' ', words)})", new string(' ', 20))}                esac ;;

        """;

    private static string Arguments(VerbWords verb) => verb switch
    {
        { Arguments.Count: > 0 } => $"\n                [[ $cur == -* ]] || choice=({string.Join(' ', verb.Arguments)})",
        { TakesArguments: true } => " arguments=file",
        _ => "",
    };
}
