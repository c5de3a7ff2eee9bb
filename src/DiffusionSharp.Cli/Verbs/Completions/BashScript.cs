namespace DiffusionSharp.Cli.Verbs.Completions;

/// <summary>The script for bash, 3.2 or later.</summary>
internal static class BashScript
{
    public static string Write(IReadOnlyList<VerbWords> verbs) => $$"""
        # ddim for bash, made by: ddim completions bash
        _ddim() {
            local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" verb="${COMP_WORDS[1]}" kind= words= options= arguments=
            COMPREPLY=()
            # --name=value comes as three words.
            if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev="${COMP_WORDS[COMP_CWORD-2]}"; fi
            if ((COMP_CWORD == 1)); then
                words="{{string.Join(' ', ShellText.First(verbs))}}"
            elif [[ $verb == help ]]; then
                words="{{string.Join(' ', verbs.Select(v => v.Name.Split(' ')[0]).Distinct())}}"
        {{string.Concat(ShellText.Pairs(verbs).Select(p => $"    elif [[ $verb == {p.First} ]] && ((COMP_CWORD == 2)); then\n        words=\"{p.Second}\"\n"))}}    else
                case "$verb" in
        {{string.Concat(verbs.Select(Verb))}}        esac
                if [[ -z $words$kind ]]; then
                    if [[ $cur == -* || -z $arguments ]]; then words="$options"; else kind="$arguments"; fi
                fi
            fi
            case "$kind" in
                file)
                    compopt -o filenames 2>/dev/null
                    while IFS= read -r words; do COMPREPLY+=("$words"); done < <(compgen -f -- "$cur") ;;
                none|'')
                    COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
            esac
        }
        complete -F _ddim ddim

        """;

    private static string Verb(VerbWords verb) => $"""
                    {verb.Name.Split(' ')[0]})
                        options="{string.Join(' ', verb.Names)}"{Arguments(verb)}
                        case "$prev" in
        {ShellText.Cases(verb, words => $"words=\"{string.Join(' ', words)}\"", new string(' ', 20))}                esac ;;

        """;

    private static string Arguments(VerbWords verb) => verb switch
    {
        { Arguments.Count: > 0 } => $"\n                [[ $cur == -* ]] || words=\"{string.Join(' ', verb.Arguments)}\"",
        { TakesArguments: true } => " arguments=file",
        _ => "",
    };
}
