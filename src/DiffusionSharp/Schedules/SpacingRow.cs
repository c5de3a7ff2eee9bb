namespace DiffusionSharp.Schedules;

/// <summary>A rule that spreads S levels over a schedule: all that names and factories know of it.</summary>
/// <param name="Rule">Which.</param>
/// <param name="Name">What the command and recipes call it.</param>
public sealed record SpacingRow(TimestepSpacing Rule, string Name)
{
    /// <summary>All but <see cref="TimestepSpacing.Tuned"/>, which is no rule but a model's list; in the order of help texts.</summary>
    public static IReadOnlyList<SpacingRow> All { get; } =
    [
        new(TimestepSpacing.Uniform, "uniform") { Timesteps = (T, steps, _) => Schedules.Timesteps.Uniform(T, steps) },
        new(TimestepSpacing.Quadratic, "quadratic") { Timesteps = (T, steps, _) => Schedules.Timesteps.Quadratic(T, steps) },
        new(TimestepSpacing.Leading, "leading") { Timesteps = Schedules.Timesteps.Leading },
        new(TimestepSpacing.Trailing, "trailing") { Timesteps = (T, steps, _) => Schedules.Timesteps.Trailing(T, steps) },
        new(TimestepSpacing.Linspace, "linspace") { Timesteps = (T, steps, _) => Schedules.Timesteps.Linspace(T, steps) },
        new(TimestepSpacing.LinspaceSolver, "linspace-solver") { Timesteps = (T, steps, _) => Schedules.Timesteps.LinspaceSolver(T, steps) },
        new(TimestepSpacing.Stride, "stride") { Timesteps = (T, steps, _) => Schedules.Timesteps.StrideOf(T, steps) },
        new(TimestepSpacing.ErmongroupUniform, "ermongroup-uniform") { Timesteps = (T, steps, _) => Schedules.Timesteps.ErmongroupUniform(T, steps) },
        new(TimestepSpacing.ErmongroupQuad, "ermongroup-quad") { Timesteps = (T, steps, _) => Schedules.Timesteps.ErmongroupQuad(T, steps) },
        new(TimestepSpacing.Karras, "karras") { Levels = NoiseLevels.Karras },
        new(TimestepSpacing.Exponential, "exponential") { Levels = NoiseLevels.Exponential },
        new(TimestepSpacing.LogSnr, "logsnr") { Levels = NoiseLevels.LogSnr },
    ];

    /// <summary>The timesteps of (T, S, offset); null where the rule falls between the integers.</summary>
    public Func<int, int, int, Timesteps>? Timesteps { get; private init; }

    /// <summary>The levels of (schedule, S, final) where it does.</summary>
    public Func<NoiseSchedule, int, FinalAlphaBar, NoiseLevels>? Levels { get; private init; }

    /// <summary>The row of a rule.</summary>
    /// <exception cref="DiffusionException">It is <see cref="TimestepSpacing.Tuned"/>.</exception>
    public static SpacingRow Get(TimestepSpacing rule) => All.SingleOrDefault(r => r.Rule == rule) ?? throw (rule == TimestepSpacing.Tuned
        ? new DiffusionException(ErrorKind.Configuration, "timesteps: tuned timesteps belong to a model: name the model they were tuned for (ddim tune)")
        : new ArgumentOutOfRangeException(nameof(rule), rule, "there is no such rule"));
}
