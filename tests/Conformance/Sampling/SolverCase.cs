using DiffusionSharp.Sampling.Solvers;

namespace Conformance.Sampling;

/// <summary>A solver and what is claimed of it: every claim is tested for every line of <see cref="All"/>.</summary>
/// <param name="Solver">The solver.</param>
/// <param name="LeastSlope">Its order of convergence, as the least slope that is accepted.</param>
/// <param name="AddsNoise">True where x is noised on the way: the slope is that of the marginal's standard deviation.</param>
/// <param name="Calls">Network calls for S levels; null for S itself.</param>
internal sealed record SolverCase(Solver Solver, double LeastSlope, bool AddsNoise = false, Func<int, int>? Calls = null)
{
    /// <summary>Every solver there is.</summary>
    public static IReadOnlyList<SolverCase> All { get; } =
    [
        new(Solver.Ddim, LeastSlope: 0.8),
        new(Solver.DpmPlusPlus2M, LeastSlope: 1.8),
        new(Solver.DpmPlusPlus3M, LeastSlope: 1.8),
        new(Solver.DpmPlusPlus2MSde, LeastSlope: 1.8, AddsNoise: true),
        new(Solver.Heun, LeastSlope: 1.8, Calls: S => (2 * S) - 1),
        new(Solver.Plms, LeastSlope: 1.8, Calls: S => S == 1 ? 1 : S + 1),
        new(Solver.UniPc2, LeastSlope: 1.8),

        // Its last step is of first order, and what errs elsewhere is so small that the two take turns.
        new(Solver.UniPc3, LeastSlope: 1.6),
        new(Solver.Deis2, LeastSlope: 1.8),
        new(Solver.Deis3, LeastSlope: 1.8),
    ];

    /// <summary>The claims of a solver.</summary>
    public static SolverCase Get(Solver solver) => All.Single(c => c.Solver == solver);

    /// <summary>Network calls for S levels.</summary>
    public int NetworkCalls(int levels) => Calls?.Invoke(levels) ?? levels;
}
