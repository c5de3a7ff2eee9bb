namespace DiffusionSharp.Sampling.Solvers;

/// <summary>How solvers are spelled on a command line and in messages.</summary>
public static class SolverName
{
    /// <summary>The word for a solver.</summary>
    /// <param name="solver">The solver.</param>
    public static string Of(Solver solver) => solver switch
    {
        Solver.Ddim => "ddim",
        Solver.DpmPlusPlus2M => "dpm++2m",
        Solver.DpmPlusPlus3M => "dpm++3m",
        Solver.DpmPlusPlus2MSde => "dpm++2m-sde",
        Solver.Heun => "heun",
        Solver.Plms => "plms",
        Solver.UniPc2 => "unipc2",
        Solver.UniPc3 => "unipc3",
        Solver.Deis2 => "deis2",
        Solver.Deis3 => "deis3",
        _ => throw new ArgumentOutOfRangeException(nameof(solver), solver, null),
    };
}
