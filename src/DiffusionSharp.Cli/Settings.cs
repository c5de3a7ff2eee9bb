using System.CommandLine;
using System.Text.Json;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Cli;

/// <summary>
/// Where an option's value comes from: the command line, else the environment (<c>DDIM_LR</c> for <c>--lr</c>), else the file
/// of <c>--config</c> (a JSON object whose keys are option names), else the recipe of the picture of <c>--from</c>, else the default.
/// </summary>
internal static class Settings
{
    /// <summary>The file of further options; every verb has it.</summary>
    public static Option<string?> Config { get; } = new("--config");

    /// <summary>Shows where an error happened; every verb has it.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose");

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private static readonly ParserConfiguration Plain = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    /// <summary>Parses the words of a verb and fills in the other sources.</summary>
    /// <exception cref="DiffusionException">A word is not understood (<see cref="ErrorKind.Usage"/>), or the file is wrong.</exception>
    public static ParseResult Parse(string verb, Command command, IReadOnlyList<string> words, Func<string, string?> environment)
    {
        command.Add(Config);
        command.Add(Verbose);
        RefuseUnknownOptions(verb, command, words);
        var result = command.Parse(words, Plain);
        var more = new List<string>(words.TakeWhile(w => w != "--"));
        var file = ReadConfig(result.GetValue(Config) ?? environment("DDIM_CONFIG"));
        var named = command.Options.Where(result.Has).Select(o => o.Name).ToHashSet();
        var given = command.Options.Where(o => result.Has(o) && !(IsSwitch(o) && result.GetResult(o)!.Tokens is [{ Value: "false" }])).Select(o => Exclusions.Name(o.Name, result.GetResult(o)!.Tokens is [var word, ..] ? word.Value : null)).ToHashSet();
        Fill(name => environment(Variable(name)) is { Length: > 0 } value ? value : null);
        Fill(file.GetValueOrDefault);
        var from = command.Options.OfType<FromOption>().SingleOrDefault();
        if (from is not null && Checked().GetValue(from) is { } picture)
        {
            Fill(from.Open(picture, command, given, w => command.Parse(w, Plain), VerbRow.CommandOf), from.Take);
        }

        more.AddRange(words.SkipWhile(w => w != "--"));
        result = Checked();
        from?.CheckFiles(result);
        return result;

        void Fill(Func<string, string?> source, Action<string>? taken = null)
        {
            var higher = given.ToHashSet();
            foreach (var option in command.Options.Where(o => o != Config && !named.Contains(o.Name)))
            {
                if (source(option.Name[2..]) is { } found && !Exclusions.Forbid(Exclusions.Name(option.Name, found), higher))
                {
                    var value = !IsSwitch(option) ? found : found switch { "1" or "True" => "true", "0" or "False" => "false", _ => found };
                    more.Add($"{option.Name}={value}");
                    named.Add(option.Name);
                    taken?.Invoke(option.Name);
                    if (!IsSwitch(option) || value != "false")
                    {
                        given.Add(Exclusions.Name(option.Name, found));
                    }
                }
            }
        }

        ParseResult Checked()
        {
            var parsed = command.Parse(more, Plain);
            return parsed.Errors.Count == 0
                ? parsed
                : throw new DiffusionException(ErrorKind.Usage, $"{verb}: {Problems(command, parsed)} (ddim {verb} --help shows the options)");
        }
    }

    // What is missing is listed together, all else as it was found.
    private static string Problems(Command command, ParseResult parsed)
    {
        string[] missing =
        [
            .. command.Arguments.Where(a => a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is null or { Tokens.Count: 0 }).Select(a => a.Name),
            .. command.Options.Where(o => o.Required && !parsed.Has(o)).Select(o => o.Name),
        ];
        IEnumerable<string> others = parsed.Errors.Select(e => e.Message.TrimEnd('.')).Distinct().Where(e => !missing.Any(m => e.Contains($"'{m}'", StringComparison.Ordinal)));
        return string.Join("; ", missing.Length == 0 ? others : others.Prepend($"{string.Join(" and ", missing)} {(missing.Length == 1 ? "is" : "are")} missing"));
    }

    private static bool IsSwitch(Option option) => option.ValueType == typeof(bool);

    private static string Variable(string name) => $"DDIM_{name.Replace('-', '_').ToUpperInvariant()}";

    private static void RefuseUnknownOptions(string verb, Command command, IReadOnlyList<string> words)
    {
        var known = command.Options.SelectMany(o => o.Aliases.Append(o.Name)).ToArray();
        foreach (var word in words.TakeWhile(w => w != "--").Where(w => w.StartsWith("--", StringComparison.Ordinal)))
        {
            var name = word.Split('=')[0];
            if (!known.Contains(name))
            {
                throw new DiffusionException(
                    ErrorKind.Usage,
                    $"{verb}: there is no option '{name}'{Suggestion.For(name, known)} (ddim {verb} --help shows the options)");
            }
        }
    }

    private static Dictionary<string, string> ReadConfig(string? path)
    {
        var values = new Dictionary<string, string>();
        if (path is null)
        {
            return values;
        }

        try
        {
            using var json = JsonDocument.Parse(RegularFile.ReadAllText(path), Lenient);
            var known = VerbRow.AllOptionNames();
            foreach (var property in json.RootElement.EnumerateObject())
            {
                values[property.Name] = known.Contains(property.Name)
                    ? Text(property.Value)
                    : throw new DiffusionException(
                        ErrorKind.Configuration,
                        $"{path}: there is no option '{property.Name}'{Suggestion.For(property.Name, known)}; keys are option names without their dashes");
            }

            return values;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new DiffusionException(
                ErrorKind.Configuration,
                $"{path} is not a configuration: {e.Message} Write a JSON object such as {{\"steps\": 50}}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"the configuration cannot be read: {e.Message}", e);
        }
    }

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? string.Join(',', value.EnumerateArray().Select(Text)) : value.ToString();
}
