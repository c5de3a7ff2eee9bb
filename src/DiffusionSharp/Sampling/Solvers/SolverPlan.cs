using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>The plan of a solver by its name.</summary>
public static class SolverPlan
{
    /// <summary>Makes the plan.</summary>
    /// <param name="solver">Which solver.</param>
    /// <param name="levels">The levels it visits.</param>
    /// <param name="options">η (which only <see cref="Solver.Ddim"/> has), prediction type and x0 treatment.</param>
    /// <exception cref="DiffusionException">The solver cannot do what the options ask for.</exception>
    public static SamplingPlan Create(Solver solver, NoiseLevels levels, DdimOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (solver != Solver.Ddim && options.Eta != 0)
        {
            throw new DiffusionException(ErrorKind.Usage, $"eta {options.Eta}: the solver {SolverName.Of(solver)} has no eta; leave it out, or choose the solver ddim");
        }

        return solver switch
        {
            Solver.Ddim => DdimPlan.Create(levels, options),
            Solver.DpmPlusPlus2M => DpmSolverPlan.Create(levels, Dpm(options, order: 2)),
            Solver.DpmPlusPlus3M => DpmSolverPlan.Create(levels, Dpm(options, order: 3)),
            Solver.DpmPlusPlus2MSde => DpmSolverPlan.Create(levels, Dpm(options, order: 2) with { Eta = 1 }),
            Solver.Heun => EdmPlan.Heun(levels, options),
            Solver.Plms => PlmsPlan.Create(levels, options),
            Solver.UniPc2 => UniPcPlan.Create(levels, UniPc(2)),
            Solver.UniPc3 => UniPcPlan.Create(levels, UniPc(3)),
            Solver.Deis2 => DeisPlan.Create(levels, options, 2),
            Solver.Deis3 => DeisPlan.Create(levels, options, 3),
            _ => throw new ArgumentOutOfRangeException(nameof(solver), solver, null),
        };

        UniPcOptions UniPc(int order) => new() { Order = order, PredictionType = options.PredictionType, X0Treatment = options.X0Treatment };
    }

    private static DpmSolverOptions Dpm(SolverOptions options, int order) => new()
    {
        PredictionType = options.PredictionType,
        X0Treatment = options.X0Treatment,
        Order = order,
    };
}
