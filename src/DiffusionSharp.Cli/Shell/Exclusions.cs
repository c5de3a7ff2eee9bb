using DiffusionSharp.Cli.Options;

namespace DiffusionSharp.Cli.Shell;

/// <summary>Options that cannot be given together. Within one source that is an error; else the higher source wins.</summary>
internal static class Exclusions
{
    private static readonly (string One, string Other)[] Pairs =
    [
        ("--timesteps", "--steps"), ("--timesteps", "--spacing"), (TunedTimesteps, "--spacing"),
        ("--epochs", "--steps"),
        ("--seeds", "--seed"), ("--seeds", "--count"),
        ("--clip", "--no-clip"), ("--clip", "--threshold"), ("--no-clip", "--threshold"),
        ("--json", "--csv"),
        ("--ema", "--raw"),
        ("--init-image", "--init"), ("--init-image", "--noise"),
        ("--accumulate", "--micro-batch"),
    ];

    // Unlike a list of timesteps, tuned ones are tuned for a number of steps.
    private const string TunedTimesteps = "--timesteps " + SamplingOptions.Tuned;

    /// <summary>What an option with a value goes by here.</summary>
    public static string Name(string option, string? value) => $"{option} {value}" == TunedTimesteps ? TunedTimesteps : option;

    /// <summary>Whether an option cannot go with one of those that were given.</summary>
    public static bool Forbid(string option, IReadOnlySet<string> given) =>
        Pairs.Any(p => (p.One == option && given.Contains(p.Other)) || (p.Other == option && given.Contains(p.One)));
}
