using System.CommandLine;
using System.CommandLine.Completions;

namespace DiffusionSharp.Cli.Verbs.Completions;

/// <summary>An option as a shell completes it.</summary>
/// <param name="Names">Its name and aliases, with dashes.</param>
/// <param name="TakesValue">False for switches.</param>
/// <param name="Words">What its value may be, where that is a choice.</param>
/// <param name="IsFile">Whether its value may be the name of a file.</param>
internal sealed record OptionWords(IReadOnlyList<string> Names, bool TakesValue, IReadOnlyList<string> Words, bool IsFile)
{
    /// <summary>Every verb's own help, which is no option of its command.</summary>
    public static OptionWords Help { get; } = new(["--help", "-h"], false, [], false);

    public static OptionWords FromOption(Option option)
    {
        var takesValue = option.ValueType != typeof(bool);
        string[] words = takesValue ? [.. option.GetCompletions(CompletionContext.Empty).Select(c => c.Label)] : [];
        return new([option.Name, .. option.Aliases], takesValue, words, takesValue && words.Length == 0 && option.ValueType == typeof(string));
    }
}
