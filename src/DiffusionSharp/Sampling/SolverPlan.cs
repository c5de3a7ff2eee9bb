using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling;

/// <summary>The plan of a solver by its name.</summary>
public static class SolverPlan
{
    /// <summary>Makes the plan.</summary>
    /// <param name="solver">Which solver.</param>
    /// <param name="levels">The levels it visits.</param>
    /// <param name="options">η (which only <see cref="Solver.Ddim"/> and SDE solvers have), prediction type and x0 treatment.</param>
    /// <exception cref="DiffusionException">The solver cannot do what the options ask for.</exception>
    public static SamplingPlan Create(Solver solver, NoiseLevels levels, DdimOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (solver != Solver.Ddim && options.Eta != 0)
        {
            throw new DiffusionException(ErrorKind.Usage, $"eta {options.Eta}: {solver} is deterministic; leave eta out, or choose the solver Ddim");
        }

        return solver switch
        {
            Solver.Ddim => DdimPlan.Create(levels, options),
            _ => throw new ArgumentOutOfRangeException(nameof(solver), solver, null),
        };
    }
}
