namespace DiffusionSharp.Cli.Verbs.Completions;

/// <summary>The script for PowerShell, which completes file names by itself where nothing else is offered.</summary>
internal static class PowerShellScript
{
    public static string Write(IReadOnlyList<VerbWords> verbs) => $$"""
        # ddim for PowerShell, made by: ddim completions powershell
        Register-ArgumentCompleter -Native -CommandName ddim -ScriptBlock {
            param($word, $command, $cursor)
            $verbs = [ordered]@{
        {{string.Concat(verbs.Select(v => $"        '{v.Name.Split(' ')[0]}' = '{v.Line.Replace("'", "''", StringComparison.Ordinal)}'\n"))}}    }
            $options = @{
        {{string.Concat(verbs.Select(v => $"        '{v.Name.Split(' ')[0]}' = {List(v.Names)}\n"))}}    }
            $values = @{
        {{string.Concat(verbs.SelectMany(Values))}}    }
            $before = @($command.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.ToString() })
            $words = if ($before.Count -le 1) { @($verbs.Keys) + 'help', '--help', '--version' }
                elseif ($before[1] -eq 'help') { @($verbs.Keys) }
                elseif ($before.Count -eq 2 -and $values.ContainsKey($before[1])) { $values[$before[1]] }
                elseif ($values.ContainsKey("$($before[1]) $($before[-1])")) { $values["$($before[1]) $($before[-1])"] }
                elseif ($word -like '-*' -and $options.ContainsKey($before[1])) { $options[$before[1]] }
                else { @() }
            $words | Where-Object { $_.StartsWith($word) } | ForEach-Object {
                $tip = if ($before.Count -le 1 -and $verbs.Contains($_)) { $verbs[$_] } else { $_ }
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $tip)
            }
        }

        """;

    // By verb and option; by the verb alone what follows it.
    private static IEnumerable<string> Values(VerbWords verb)
    {
        var words = verb.Name.Split(' ');
        IEnumerable<string> following = words.Length == 2 ? [words[1]] : verb.Arguments;
        if (following.Any())
        {
            yield return $"        '{words[0]}' = {List(following)}\n";
        }

        foreach (var option in verb.Options.Where(o => o.Words.Count > 0))
        {
            foreach (var name in option.Names)
            {
                yield return $"        '{words[0]} {name}' = {List(option.Words)}\n";
            }
        }
    }

    private static string List(IEnumerable<string> words) => $"@({string.Join(", ", words.Select(w => $"'{w}'"))})";
}
