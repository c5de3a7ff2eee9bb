using System.Globalization;

namespace DiffusionSharp.Bench.Training;

/// <summary>What is measured.</summary>
internal sealed record TrainingArguments
{
    public const string Usage = """
        usage: training [--quick] [--model NETWORK,…] [--subjects NAME,…] [--batch N,…] [--rounds N] [--threads N]
                        [--no-memory] [--steps] [--json FILE] [--markdown FILE]
        """;

    public bool Quick { get; private init; }

    public string[]? Models { get; private init; }

    public string[] Subjects { get; private init; } = [.. TrainingSubject.All.Select(s => s.Name)];

    /// <summary>Null for each network's own.</summary>
    public int[]? Batches { get; private init; }

    public int Rounds { get; private init; } = 5;

    public int Threads { get; private init; } = Environment.ProcessorCount;

    public bool Memory { get; private init; } = true;

    /// <summary>Whether the managed engine's steps are listed by time.</summary>
    public bool Steps { get; private init; }

    public string? Json { get; private init; }

    public string? Markdown { get; private init; }

    /// <summary>The cells of the table.</summary>
    public IEnumerable<(string Model, int Batch)> Cells =>
        from model in Models ?? [.. (Quick ? TrainingModels.Quick : TrainingModels.All).Keys] from batch in Batches ?? TrainingModels.Get(model).Batches select (model, batch);

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">An option is unknown, or its value.</exception>
    public static TrainingArguments Parse(string[] args) => Parse(args, new TrainingArguments());

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : throw new FormatException($"'{text}' is no number above 0");

    private static string[] Known(string list, IEnumerable<string> names) =>
        list.Split(',') is var given && given.Except(names).FirstOrDefault() is { } unknown
            ? throw new FormatException($"there is no '{unknown}'; there are {string.Join(", ", names)}")
            : given;

    private static TrainingArguments Parse(ReadOnlySpan<string> args, TrainingArguments a) => args switch
    {
        [] => a,
        ["--quick", .. var rest] => Parse(rest, a with { Quick = true, Rounds = 2 }),
        ["--no-memory", .. var rest] => Parse(rest, a with { Memory = false }),
        ["--steps", .. var rest] => Parse(rest, a with { Steps = true }),
        ["--model", var list, .. var rest] => Parse(rest, a with { Models = Known(list, [.. TrainingModels.All.Keys, .. TrainingModels.Quick.Keys]) }),
        ["--subjects", var list, .. var rest] => Parse(rest, a with { Subjects = Known(list, TrainingSubject.All.Select(s => s.Name)) }),
        ["--batch", var list, .. var rest] => Parse(rest, a with { Batches = [.. list.Split(',').Select(Number)] }),
        ["--rounds", var n, .. var rest] => Parse(rest, a with { Rounds = Number(n) }),
        ["--threads", var n, .. var rest] => Parse(rest, a with { Threads = Number(n) }),
        ["--json", var file, .. var rest] => Parse(rest, a with { Json = file }),
        ["--markdown", var file, .. var rest] => Parse(rest, a with { Markdown = file }),
        [var unknown, ..] => throw new FormatException($"'{unknown}' is unknown or lacks its value"),
    };
}
