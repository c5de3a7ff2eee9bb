namespace DiffusionSharp.Schedules;

/// <summary>A noise schedule that has a name: all that names, files and factories know of it.</summary>
/// <param name="Name">Diffusers' name for it, or where it has none that of its origin.</param>
/// <param name="Create">Makes it of (T, first β, last β), those it has use for.</param>
public sealed record ScheduleRow(string Name, Func<int, double, double, NoiseSchedule> Create)
{
    /// <summary>All of them, in the order of help texts.</summary>
    public static IReadOnlyList<ScheduleRow> All { get; } =
    [
        new("linear", NoiseSchedule.Linear) { IsDdimScheduler = true, IsDdpmScheduler = true },
        new("scaled_linear", NoiseSchedule.ScaledLinear) { IsDdimScheduler = true, IsDdpmScheduler = true },
        new("squaredcos_cap_v2", (T, _, _) => NoiseSchedule.Cosine(T)) { Short = "cosine", IsDdimScheduler = true, IsDdpmScheduler = true },
        new("sigmoid", NoiseSchedule.Sigmoid) { IsDdpmScheduler = true },
        new("sigmoid_lucidrains", (T, _, _) => NoiseSchedule.SigmoidLucidrains(T)),
        new("const", (T, _, betaEnd) => NoiseSchedule.Constant(T, betaEnd)),
        new("jsd", (T, _, _) => NoiseSchedule.Jsd(T)),
        new("linear_scaled_T", NoiseSchedule.LinearScaledT),
    ];

    /// <summary>What the command calls it, where that is shorter.</summary>
    public string? Short { get; private init; }

    /// <summary>Whether diffusers' DDIMScheduler has it.</summary>
    public bool IsDdimScheduler { get; private init; }

    /// <summary>Whether diffusers' DDPMScheduler has it.</summary>
    public bool IsDdpmScheduler { get; private init; }
}
