using System.CommandLine;
using System.Globalization;

namespace DiffusionSharp.Cli.CommandLine;

/// <summary>Options whose text is not a plain number or word, and reading options with a fallback.</summary>
internal static class Parse
{
    /// <summary>True when the option was given.</summary>
    public static bool Has(this ParseResult result, Option option) => result.GetResult(option) is { Implicit: false };

    /// <summary>The option's value when it was given, else the fallback.</summary>
    public static T Or<T>(this ParseResult result, Option<T> option, T fallback) => result.Has(option) ? result.GetValue(option)! : fallback;

    /// <summary>A number.</summary>
    public static Option<T> Number<T>(string name)
        where T : ISpanParsable<T> => Option(name, One<T>);

    /// <summary>A number that need not be there.</summary>
    public static Option<T?> Maybe<T>(string name)
        where T : struct, ISpanParsable<T> => Option<T?>(name, text => One<T>(text));

    /// <summary>One word of several.</summary>
    public static Option<T> Choice<T>(string name, params (string Word, T Value)[] choices) => Option(name, text =>
        choices.FirstOrDefault(c => c.Word == text) is { Word: not null } found
            ? found.Value
            : throw new FormatException($"choose among {string.Join(", ", choices.Select(c => c.Word))}")).WithWords(choices.Select(c => c.Word));

    /// <summary>The option with words that a shell completes its value to.</summary>
    public static Option<T> WithWords<T>(this Option<T> option, params IEnumerable<string> words)
    {
        string[] all = [.. words];
        option.CompletionSources.Clear();
        option.CompletionSources.Add(all);
        return option;
    }

    /// <summary>Numbers with commas between them.</summary>
    public static Option<T[]> List<T>(string name)
        where T : ISpanParsable<T> => Option(name, text => Split(text, One<T>));

    /// <summary>Numbers with commas between them, at least one, none of them twice.</summary>
    public static Option<T[]> Distinct<T>(string name)
        where T : ISpanParsable<T> => Distinct(name, One<T>);

    /// <summary>Values with commas between them, at least one, none of them twice.</summary>
    public static Option<T[]> Distinct<T>(string name, Func<string, T> one) => Option(name, text =>
        Split(text, one) is { Length: > 0 } values && values.Distinct().Count() == values.Length
            ? values
            : throw new FormatException("give at least one, each once"));

    /// <summary>N or HxW.</summary>
    public static Option<(int Height, int Width)?> Size(string name) => Option<(int, int)?>(name, text =>
    {
        var parts = text.Split('x', '×');
        return parts.Length <= 2 && Side(parts[0]) is int height && Side(parts[^1]) is int width
            ? (height, width)
            : throw new FormatException("write one number for a square, or HEIGHTxWIDTH");

        static int? Side(string part) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : null;
    });

    /// <summary>A time such as 90s, 45m, 1h30m; a bare number is seconds.</summary>
    public static Option<double?> Duration(string name) =>
        Option<double?>(name, text => Seconds(text) ?? throw new FormatException("write a time such as 90s, 45m or 1h30m"));

    /// <summary>A part of a whole: 0.85 or 85%.</summary>
    public static Option<double> Part(string name) => Option(name, text =>
    {
        var percent = text.EndsWith('%');
        return double.TryParse(percent ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && value / (percent ? 100 : 1) is >= 0 and <= 1 and var part
            ? part
            : throw new FormatException("write a part such as 0.001, or 0.1%");
    });

    /// <summary>Any text through a function that throws <see cref="FormatException"/>, which becomes a usage error.</summary>
    public static Option<T> Option<T>(string name, Func<string, T> parse) => new(name)
    {
        CustomParser = argument =>
        {
            try
            {
                return parse(argument.Tokens[0].Value);
            }
            catch (Exception e) when (e is FormatException or DiffusionException)
            {
                // What has looked at the value itself says what it found.
                var isWhole = e.Message.StartsWith($"{name.TrimStart('-')}: found", StringComparison.Ordinal);
                argument.AddError(isWhole ? $"--{e.Message}" : $"{name}: found '{argument.Tokens[0].Value}'; {e.Message}");
                return default;
            }
        },
        Arity = ArgumentArity.ExactlyOne,
    };

    internal static T[] Split<T>(string text, Func<string, T> one) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(one)];

    internal static T One<T>(string text)
        where T : ISpanParsable<T> => T.TryParse(text, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException(
                typeof(T) == typeof(double) ? "a number is expected" : typeof(T) == typeof(ulong) ? "a whole number of at least 0 is expected" : "a whole number is expected");

    internal static double? Seconds(string text)
    {
        var (total, number) = (0.0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            var unit = text[i] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
            if (unit == 0)
            {
                continue;
            }

            if (!double.TryParse(text.AsSpan(number, i - number), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            total += value * unit;
            number = i + 1;
        }

        if (number == text.Length)
        {
            return total > 0 ? total : null;
        }

        return number == 0 && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? seconds
            : null;
    }
}
