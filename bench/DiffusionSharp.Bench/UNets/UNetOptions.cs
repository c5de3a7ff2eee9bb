using System.Globalization;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Bench.UNets;

/// <summary>What is measured.</summary>
internal sealed record UNetOptions
{
    public const string Usage = """
        usage: unet [--quick] [--all] [--only NETWORK,…] [--subjects NAME,…] [--batch N,…] [--threads N,…]
                    [--seconds S] [--no-memory] [--steps] [--json FILE] [--markdown FILE]
        """;

    // FLOP of a call on one thread beyond which a cell is left to --all: the run is to take ten minutes at most.
    private const double MostFlops = 240e9;

    public bool Quick { get; private init; }

    public bool All { get; private init; }

    public string[]? Only { get; private init; }

    public string[] Subjects { get; private init; } = [.. UNetSubject.All.Select(s => s.Name)];

    public int[] Batches { get; private init; } = [1, 4, 8, 16];

    public int[] Threads { get; private init; } = [1, 2];

    /// <summary>About how long the rounds of one cell may take; there are at least three.</summary>
    public double Seconds { get; private init; } = 6;

    public bool Memory { get; private init; } = true;

    /// <summary>Whether the managed engine's steps are listed by time.</summary>
    public bool Steps { get; private init; }

    public string? Json { get; private init; }

    public string? Markdown { get; private init; }

    public IEnumerable<KeyValuePair<string, UNetConfig>> Networks => (Quick ? UNetModels.Quick : UNetModels.All).Where(n => Only?.Contains(n.Key) ?? true);

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">An option is unknown, or its value.</exception>
    public static UNetOptions Parse(string[] args) => Parse(args, new UNetOptions());
    /// <summary>Whether a cell is measured.</summary>
    public bool Takes(NetworkGraph graph, int batch, int threads) => All || (double)graph.FlopsPerImage * batch / threads <= MostFlops;

    private static int[] Numbers(string list) => [.. list.Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];

    private static string[] Known(string list, IEnumerable<string> names) =>
        list.Split(',') is var given && given.Except(names).FirstOrDefault() is { } unknown
            ? throw new FormatException($"there is no '{unknown}'; there are {string.Join(", ", names)}")
            : given;

    private static UNetOptions Parse(ReadOnlySpan<string> args, UNetOptions o) => args switch
    {
        [] => o,
        ["--quick", .. var rest] => Parse(rest, o with { Quick = true, Batches = [1, 3], Threads = [1], Seconds = 0.3 }),
        ["--all", .. var rest] => Parse(rest, o with { All = true }),
        ["--no-memory", .. var rest] => Parse(rest, o with { Memory = false }),
        ["--steps", .. var rest] => Parse(rest, o with { Steps = true }),
        ["--only", var list, .. var rest] => Parse(rest, o with { Only = Known(list, UNetModels.All.Keys) }),
        ["--subjects", var list, .. var rest] => Parse(rest, o with { Subjects = Known(list, UNetSubject.All.Select(s => s.Name)) }),
        ["--batch", var list, .. var rest] => Parse(rest, o with { Batches = Numbers(list) }),
        ["--threads", var list, .. var rest] => Parse(rest, o with { Threads = Numbers(list) }),
        ["--seconds", var s, .. var rest] => Parse(rest, o with { Seconds = double.Parse(s, CultureInfo.InvariantCulture) }),
        ["--json", var file, .. var rest] => Parse(rest, o with { Json = file }),
        ["--markdown", var file, .. var rest] => Parse(rest, o with { Markdown = file }),
        [var unknown, ..] => throw new FormatException($"'{unknown}' is unknown or lacks its value"),
    };
}
