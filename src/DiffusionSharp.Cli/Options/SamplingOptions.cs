using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Cli.Options;

/// <summary>The options that make a sampling plan.</summary>
internal sealed class SamplingOptions
{
    /// <summary>The word for a model's own τ of <c>--steps</c>.</summary>
    public const string Tuned = "tuned";

    /// <summary>The solvers, for help texts.</summary>
    public static string Solvers { get; } = HelpText.List(SolverRow.All.Select(Named), "[ddim]");

    /// <summary>Those that add no noise.</summary>
    public static string QuietSolvers { get; } = HelpText.List(SolverRow.All.Where(r => !r.AddsNoise).Select(Named), "[ddim]");

    /// <summary>The rules for τ, for help texts.</summary>
    public static string Spacings { get; } = HelpText.List(SpacingRow.All.Select(r => r.Name), "[as the model says]");

    public Option<int> Steps { get; } = Parse.Option("--steps", text => Parse.One<int>(text) is >= 1 and var steps
        ? steps
        : throw new FormatException("at least 1 step is taken"));

    public Option<Eta> Eta { get; } = Parse.Option("--eta", Sampling.Plans.Eta.Parse).WithWords("0", "1", "hat", "learned");

    public Option<TimestepSpacing> Spacing { get; } = Parse.Choice("--spacing", [.. SpacingRow.All.Select(r => (r.Name, r.Rule))]);

    public Option<Solver> Solver { get; } = Parse.Option("--solver", SolverOf).WithWords(SolverRow.All.SelectMany(r => r.Alias is null ? [r.Name] : new[] { r.Name, r.Alias }));

    /// <summary>A list, or no timestep for the word "tuned".</summary>
    public Option<int[]> Timesteps { get; } = Parse.Option("--timesteps", text => text == Tuned ? [] : Parse.Split(text, Parse.One<int>) is { Length: > 0 } list
        ? list
        : throw new FormatException($"give at least one, or {Tuned}")).WithWords(Tuned);

    public Option<bool> Clip { get; } = new("--clip");

    public Option<bool> NoClip { get; } = new("--no-clip");

    public Option<double?> Threshold { get; } = Parse.Maybe<double>("--threshold");

    /// <summary>The options that name τ.</summary>
    public IEnumerable<Option> Tau => [Steps, Spacing, Timesteps];

    /// <summary>All but η.</summary>
    public IEnumerable<Option> Deterministic => [.. Tau, Solver, Clip, NoClip, Threshold];

    public IEnumerable<Option> All => [.. Deterministic, Eta];

    /// <summary>Steps, η, τ and the treatment of x0.</summary>
    public SampleOptions Resolve(ParseResult r, SchedulerConfig scheduler) => ResolveTau(r, scheduler) with
    {
        Solver = r.Or(Solver, Sampling.Solvers.Solver.Ddim),
        Eta = r.Or(Eta, 0),
        X0Treatment = Treatment(r, scheduler),
    };

    /// <summary>τ alone.</summary>
    public SampleOptions ResolveTau(ParseResult r, SchedulerConfig scheduler)
    {
        var tuned = r.Has(Timesteps) && r.GetValue(Timesteps) is [];
        if (r.Has(Timesteps) && (r.Has(Spacing) || (r.Has(Steps) && !tuned)))
        {
            throw new DiffusionException(ErrorKind.Usage, tuned
                ? $"--timesteps {Tuned} are the model's own: leave out --spacing"
                : "--timesteps names every timestep: leave out --steps and --spacing");
        }

        if (r.Has(Steps) && !tuned && r.GetValue(Steps) > scheduler.NumTrainTimesteps)
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"--steps: found {r.GetValue(Steps)}; of the model's T = {scheduler.NumTrainTimesteps} timesteps at most as many can be steps");
        }

        return new SampleOptions
        {
            Steps = r.Has(Timesteps) && !tuned ? null : r.Or(Steps, Math.Min(SampleOptions.DefaultSteps, scheduler.NumTrainTimesteps)),
            Spacing = tuned ? TimestepSpacing.Tuned : r.Has(Spacing) ? r.GetValue(Spacing) : null,
            Timesteps = r.Has(Timesteps) && !tuned ? r.GetValue(Timesteps) : null,
        };
    }

    private static string Named(SolverRow row) => row.Alias is null ? row.Name : $"{row.Name} (= {row.Alias})";

    private static Solver SolverOf(string text) =>
        SolverRow.All.FirstOrDefault(r => r.Name == text || r.Alias == text) is { } row ? row.Solver : throw new FormatException(
            $"choose among {string.Join(", ", SolverRow.All.Select(r => r.Name))} and euler, which is ddim{(text is "ddpm" ? "; DDPM is ddim with --eta 1" : "")}");

    private X0Treatment? Treatment(ParseResult r, SchedulerConfig scheduler) => (r.GetValue(Clip), r.GetValue(NoClip), r.GetValue(Threshold)) switch
    {
        (false, false, null) => null,
        (true, false, null) => X0Treatment.Clip(scheduler.ClipSampleRange),
        (false, true, null) => X0Treatment.None,
        (false, false, not null) when scheduler.PixelTransform.Logit => throw new DiffusionException(
            ErrorKind.Usage, "--threshold brings x0 into [-1, 1], and this model learned the logit of levels, which goes beyond: use --clip or --no-clip"),
        (false, false, double quantile) => X0Treatment.DynamicThreshold(quantile, scheduler.SampleMaxValue),
        _ => throw new DiffusionException(ErrorKind.Usage, "--clip, --no-clip and --threshold exclude each other: give one"),
    };
}
