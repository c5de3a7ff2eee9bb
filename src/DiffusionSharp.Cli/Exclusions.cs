using DiffusionSharp.Cli.Options;

namespace DiffusionSharp.Cli;

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
        (ManagedEngine, GpuDevice), (TorchEngine, "--weights"), (GpuDevice, "--weights"),
    ];

    // Unlike a list of timesteps, tuned ones are tuned for a number of steps.
    private const string TunedTimesteps = "--timesteps " + SamplingOptions.Tuned;

    private const string ManagedEngine = "--engine cpu", TorchEngine = "--engine torch", GpuDevice = "--device cuda";

    /// <summary>What an option with a value goes by here: options of which only some values exclude others go by both.</summary>
    public static string Name(string option, string? value) => (option, value) switch
    {
        ("--device", not (null or "cpu")) => GpuDevice,
        _ when $"{option} {value}" is TunedTimesteps or ManagedEngine or TorchEngine => $"{option} {value}",
        _ => option,
    };

    /// <summary>Whether an option cannot go with one of those that were given.</summary>
    public static bool Forbid(string option, IReadOnlySet<string> given) =>
        Pairs.Any(p => (p.One == option && given.Contains(p.Other)) || (p.Other == option && given.Contains(p.One)));
}
