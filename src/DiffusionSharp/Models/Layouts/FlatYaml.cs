using System.Globalization;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models.Configs;

namespace DiffusionSharp.Models.Layouts;

/// <summary>
/// The part of YAML that configuration files of the DDIM authors' code are written in: mappings by indentation, plain and quoted scalars,
/// lists in brackets or with dashes, comments; type tags (<c>!!python/object:argparse.Namespace</c>) are taken no notice of. Every other
/// construct is refused.
/// </summary>
internal static class FlatYaml
{
    private const int MostLines = 10_000;
    private const int MostLevels = 8;
    private const int MaxKey = 200;

    /// <summary>Reads a text.</summary>
    /// <param name="file">For messages.</param>
    /// <param name="text">The file's text.</param>
    /// <returns>Scalars and lists by their path: <c>model.ch_mult</c> is [1, 2, 2, 2].</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: another construct, or a key that occurs twice.</exception>
    public static Dictionary<string, List<string>> Parse(string file, string text)
    {
        var values = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var parents = new Stack<(int Indent, string Key, bool Open)>();
        var lines = text.Split('\n');
        if (lines.Length > MostLines)
        {
            throw ConfigReader.Bad(file, $"it has {lines.Length} lines, at most {MostLines} are accepted");
        }

        for (var number = 1; number <= lines.Length; number++)
        {
            var line = WithoutComment(lines[number - 1]).TrimEnd();
            var content = line.TrimStart();
            if (content.Length == 0 || content is "---" || content.StartsWith("!!", StringComparison.Ordinal))
            {
                continue;
            }

            var indent = line.Length - content.Length;
            var isItem = content.StartsWith("- ", StringComparison.Ordinal);
            while (parents.Count > 0 && (parents.Peek().Indent > indent || (parents.Peek().Indent == indent && !isItem)))
            {
                parents.Pop();
            }

            if (parents.Count == MostLevels || parents is { Count: > 0 } && !parents.Peek().Open)
            {
                throw Bad(number, parents.Count == MostLevels ? $"it is nested deeper than {MostLevels} levels" : $"'{Printable.Sanitize(Path())}' has a value already");
            }

            if (isItem && parents.Count > 0)
            {
                values[Path()].Add(Scalar(number, content[2..].Trim()));
                continue;
            }

            var colon = content.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || (colon + 1 < content.Length && content[colon + 1] != ' '))
            {
                throw Bad(number, "'key: value' was expected");
            }

            var value = content[(colon + 1)..].Trim();
            parents.Push((indent, Scalar(number, content[..colon].TrimEnd()), value.Length == 0 || value.StartsWith("!!", StringComparison.Ordinal)));
            var path = Path();
            if (path.Length > MaxKey)
            {
                throw Bad(number, $"the key '{Printable.Sanitize(path)}' has {path.Length} characters, at most {MaxKey} are accepted");
            }

            if (!values.TryAdd(path, List(number, value)))
            {
                throw Bad(number, $"'{Printable.Sanitize(path)}' occurs twice");
            }
        }

        return values;

        string Path() => string.Join('.', parents.Reverse().Select(p => p.Key));

        List<string> List(int number, string value) => value switch
        {
            "" => [],
            _ when value.StartsWith("!!", StringComparison.Ordinal) => [],
            ['[', .. var inner, ']'] => [.. inner.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(v => Scalar(number, v))],
            _ => [Scalar(number, value)],
        };

        string Scalar(int number, string value) => value switch
        {
            ['"' or '\'', .. var inner, '"' or '\''] when value[0] == value[^1] && !inner.Contains(value[0], StringComparison.Ordinal) && !inner.Contains('\\', StringComparison.Ordinal) => inner,
            [] or ['&' or '*' or '!' or '|' or '>' or '{' or '[' or '"' or '\'' or '%' or '@' or '`' or '-' or '?', ..] when !IsNumber(value) =>
                throw Bad(number, $"'{Printable.Sanitize(value)}' is a kind of YAML that is not read here"),
            _ => value,
        };

        DiffusionException Bad(int number, string what) => ConfigReader.Bad(file, $"line {number}: {what}");
    }

    private static bool IsNumber(string value) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static string WithoutComment(string line)
    {
        var at = line.StartsWith('#') ? 0 : line.IndexOf(" #", StringComparison.Ordinal);
        return at < 0 ? line : line[..at];
    }
}
