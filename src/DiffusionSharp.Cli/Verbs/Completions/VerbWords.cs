using System.CommandLine;
using System.CommandLine.Completions;

namespace DiffusionSharp.Cli.Verbs.Completions;

/// <summary>What a shell can complete after a verb.</summary>
/// <param name="Name">One or two words.</param>
/// <param name="Line">What it does.</param>
/// <param name="Options">All of its options.</param>
/// <param name="TakesArguments">Whether words that are no options follow.</param>
/// <param name="Arguments">Those words, where they are known; else they are files.</param>
internal sealed record VerbWords(string Name, string Line, IReadOnlyList<OptionWords> Options, bool TakesArguments, IReadOnlyList<string> Arguments)
{
    /// <summary>What a verb's command understands.</summary>
    /// <param name="name">One or two words.</param>
    /// <param name="line">What it does.</param>
    /// <param name="command">Its command.</param>
    /// <param name="everywhere">Options that every verb has.</param>
    public static VerbWords FromCommand(string name, string line, Command command, params IEnumerable<Option> everywhere) => new(
        name,
        line,
        [.. command.Options.Concat(everywhere).Select(OptionWords.FromOption), OptionWords.Help],
        command.Arguments.Count > 0,
        [.. command.Arguments.SelectMany(a => a.GetCompletions(CompletionContext.Empty)).Select(c => c.Label)]);

    /// <summary>Every name of every option.</summary>
    public IEnumerable<string> Names => Options.SelectMany(o => o.Names);

    /// <summary>The names of those options that take one of some words, together where the words are the same.</summary>
    public IEnumerable<(IReadOnlyList<string> Names, IReadOnlyList<string> Words)> Choices =>
        Options.Where(o => o.Words.Count > 0).GroupBy(o => string.Join(' ', o.Words)).Select(g => ((IReadOnlyList<string>)[.. g.SelectMany(o => o.Names)], g.First().Words));

    /// <summary>The names of those that take a file.</summary>
    public IReadOnlyList<string> Files => [.. Options.Where(o => o.IsFile).SelectMany(o => o.Names)];

    /// <summary>The names of those that take something nobody can guess, such as a number.</summary>
    public IReadOnlyList<string> Unknown => [.. Options.Where(o => o is { TakesValue: true, IsFile: false, Words.Count: 0 }).SelectMany(o => o.Names)];
}
