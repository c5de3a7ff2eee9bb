using System.Text;

namespace DiffusionSharp.Cli.Verbs.Completions;

/// <summary>What the scripts have in common.</summary>
internal static class ShellText
{
    /// <summary>The words that begin a command line: verbs by their first words, and what stands in the place of a verb.</summary>
    public static IEnumerable<string> First(IEnumerable<VerbWords> verbs) => verbs.Select(v => v.Name.Split(' ')[0]).Distinct().Concat(["help", "--help", "--version"]);

    /// <summary>The first and the second words of verbs of two.</summary>
    public static IEnumerable<(string First, string Second)> Pairs(IEnumerable<VerbWords> verbs) =>
        verbs.Select(v => v.Name.Split(' ')).Where(w => w.Length == 2).Select(w => (w[0], w[1]));

    /// <summary>Branches of a <c>case</c> in the manner of sh: what an option takes sets a variable.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="words">The statement for a choice of words.</param>
    /// <param name="indent">Before each line.</param>
    public static string Cases(VerbWords verb, Func<IReadOnlyList<string>, string> words, string indent)
    {
        var text = new StringBuilder();
        foreach (var (names, choice) in verb.Choices)
        {
            Line(names, words(choice));
        }

        Line(verb.Files, "kind=file");
        Line(verb.Unknown, "kind=none");
        return text.ToString();

        void Line(IReadOnlyList<string> names, string statement)
        {
            if (names.Count > 0)
            {
                text.Append(indent).Append(string.Join('|', names)).Append(") ").Append(statement).Append(" ;;\n");
            }
        }
    }
}
