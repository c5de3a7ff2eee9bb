using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>
/// DEIS (Zhang and Chen 2023): exponential Adams-Bashforth. ε is a polynomial through its last values and the ODE dx̄ = ε dσ is
/// integrated exactly (equations 14 and 15). The polynomial is one in ln σ = -λ, as diffusers' DEIS has it, where the paper's tAB has t.
/// </summary>
public static class DeisPlan
{
    private const int HighestOrder = 4;

    /// <summary>S calls. The first steps are of the order that the calls made so far allow; the one into the clean image is DDIM's.</summary>
    /// <param name="levels">The levels to visit.</param>
    /// <param name="options">Prediction type and x0 treatment.</param>
    /// <param name="order">How many ε make the polynomial, in [1, 4]; 1 is DDIM.</param>
    /// <exception cref="DiffusionException">The order is out of range, or ε-prediction starts where ᾱ = 0.</exception>
    public static SamplingPlan Create(NoiseLevels levels, SolverOptions options, int order = 3)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(options);
        if (order is < 1 or > HighestOrder)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"DEIS order {order}: it must lie in [1, {HighestOrder}]");
        }

        var steps = new SamplingStep[levels.Count];
        for (var k = 0; k < steps.Length; k++)
        {
            var coefficients = Coefficients(levels, k, levels.AlphaBar(k + 1) == 1 ? 1 : Math.Min(order, k + 1));
            steps[k] = EpsilonStep.Multistep(levels[k], levels.AlphaBar(k + 1), coefficients, options);
        }

        return new SamplingPlan($"DEIS order={order}", levels.T, options.PredictionType, options.X0Treatment, steps) { Notes = levels.Notes };
    }

    /// <summary>
    /// C_j = ∫ L_j dσ from σ_k to σ_{k+1}, j = 1..order-1, with L_j the Lagrange polynomial of λ that is 1 at level k-j and 0 at the others.
    /// (C_0 is what is left: the L_j sum to 1.)
    /// </summary>
    internal static double[] Coefficients(NoiseLevels levels, int k, int order)
    {
        // With s = ln σ - ln σ_k the nodes are s_0 = 0 and s_j = λ_k - λ_{k-j}, and Σ_j C_j·s_j^i = ∫ s^i dσ = σ_{k+1}·(-h)^i·i!·ψ_{i+1}(-h), i = 1, 2, ….
        var h = levels.Lambda(k + 1) - levels.Lambda(k);
        double[] nodes = [.. Enumerable.Range(1, order - 1).Select(j => levels.Lambda(k) - levels.Lambda(k - j))];
        var coefficients = new double[order - 1];
        for (var (i, scale) = (1, NoiseLevel.SigmaOf(levels.AlphaBar(k + 1))); i < order; i++)
        {
            scale *= -h * i;
            coefficients[i - 1] = scale * ExponentialStep.Psi(i + 1, -h);
        }

        Vandermonde.Solve(nodes, coefficients);
        for (var j = 0; j < coefficients.Length; j++)
        {
            coefficients[j] /= nodes[j];
        }

        return coefficients;
    }
}
