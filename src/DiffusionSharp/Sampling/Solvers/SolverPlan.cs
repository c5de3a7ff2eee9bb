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
        var row = SolverRow.Get(solver);
        return row.HasEta || options.Eta == 0
            ? row.Create(levels, options)
            : throw new DiffusionException(ErrorKind.Usage, $"eta {options.Eta}: the solver {row.Name} has no eta; leave it out, or choose the solver ddim");
    }
}
