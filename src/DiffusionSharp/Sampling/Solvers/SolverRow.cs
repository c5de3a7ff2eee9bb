using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>A solver: all that names, lists and plans know of it.</summary>
/// <param name="Solver">Which.</param>
/// <param name="Name">What the command and recipes call it.</param>
/// <param name="Create">Its plan for some levels, with an η of 0 where it has none.</param>
public sealed record SolverRow(Solver Solver, string Name, Func<NoiseLevels, DdimOptions, SamplingPlan> Create)
{
    /// <summary>All of them, in the order of help texts.</summary>
    public static IReadOnlyList<SolverRow> All { get; } =
    [
        new(Solver.Ddim, "ddim", DdimPlan.Create) { Alias = "euler", HasEta = true },
        new(Solver.DpmPlusPlus2M, "dpm++2m", (levels, o) => DpmSolverPlan.Create(levels, Dpm(o, order: 2))),
        new(Solver.DpmPlusPlus3M, "dpm++3m", (levels, o) => DpmSolverPlan.Create(levels, Dpm(o, order: 3))),
        new(Solver.DpmPlusPlus2MSde, "dpm++2m-sde", (levels, o) => DpmSolverPlan.Create(levels, Dpm(o, order: 2) with { Eta = 1 })) { AddsNoise = true },
        new(Solver.Heun, "heun", (levels, o) => EdmPlan.Heun(levels, o)),
        new(Solver.Plms, "plms", PlmsPlan.Create),
        new(Solver.UniPc2, "unipc2", (levels, o) => UniPcPlan.Create(levels, UniPc(o, order: 2))),
        new(Solver.UniPc3, "unipc3", (levels, o) => UniPcPlan.Create(levels, UniPc(o, order: 3))),
        new(Solver.Deis2, "deis2", (levels, o) => DeisPlan.Create(levels, o, 2)),
        new(Solver.Deis3, "deis3", (levels, o) => DeisPlan.Create(levels, o, 3)),
    ];

    /// <summary>Another name of it.</summary>
    public string? Alias { get; private init; }

    /// <summary>Whether η chooses how much noise it adds.</summary>
    public bool HasEta { get; private init; }

    /// <summary>Whether it adds noise whatever it is told.</summary>
    public bool AddsNoise { get; private init; }

    /// <summary>The row of a solver.</summary>
    public static SolverRow Get(Solver solver) =>
        All.SingleOrDefault(r => r.Solver == solver) ?? throw new ArgumentOutOfRangeException(nameof(solver), solver, "there is no such solver");

    private static DpmSolverOptions Dpm(SolverOptions options, int order) => new()
    {
        PredictionType = options.PredictionType,
        X0Treatment = options.X0Treatment,
        Order = order,
    };

    private static UniPcOptions UniPc(SolverOptions options, int order) => new()
    {
        PredictionType = options.PredictionType,
        X0Treatment = options.X0Treatment,
        Order = order,
    };
}
