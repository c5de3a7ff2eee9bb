using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>The choices of a DPM-Solver plan; the defaults are DPM-Solver++ 2M.</summary>
public sealed record DpmSolverOptions : SolverOptions
{
    /// <summary>1, which is DDIM, 2 or 3: how many predictions a step combines.</summary>
    public int Order { get; init; } = 2;

    /// <summary>0 solves the ODE; above 0, up to 1, the SDE: SDE-DPM-Solver++ has 1. Only for x0.</summary>
    public Eta Eta { get; init; }

    /// <summary>False (default): x0 is extrapolated, DPM-Solver++. True: ε is, DPM-Solver.</summary>
    public bool OfEpsilon { get; init; }

    /// <summary>
    /// How a step of order 2 weighs the slope of d. False (default): by ψ1/2, as the papers do (diffusers' <c>midpoint</c>).
    /// True: by ψ2, the Taylor expansion's coefficient (diffusers' <c>heun</c>).
    /// </summary>
    public bool Heun { get; init; }

    /// <summary>
    /// True (default): with fewer than 15 levels the last step has order 1 and the one before it at most 2, which steadies short chains.
    /// The step into ᾱ = 1 has order 1 in any case.
    /// </summary>
    public bool LowersFinalOrder { get; init; } = true;

    internal void Check()
    {
        if (Order is < 1 or > 3)
        {
            throw Invalid($"order {Order}: DPM-Solver has orders 1, 2 and 3");
        }

        if (Eta.IsHat || Eta.IsLearned || (OfEpsilon && Eta != 0))
        {
            throw Invalid($"eta {Eta}: DPM-Solver takes a number in [0, 1], and above 0 only where it extrapolates x0");
        }
    }

    /// <summary>"DPM-Solver++ 2M", "SDE-DPM-Solver++ 2M eta=1", ….</summary>
    internal string Name(string kind) => FormattableString.Invariant(
        $"{(Eta == 0 ? "" : "SDE-")}DPM-Solver{(OfEpsilon ? "" : "++")} {Order}{(Order == 1 ? "" : kind)}{(Heun ? " heun" : "")}{(Eta == 0 ? "" : $" eta={Eta}")}");

    private static DiffusionException Invalid(string message) => new(ErrorKind.Configuration, "sampling plan: " + message);
}
