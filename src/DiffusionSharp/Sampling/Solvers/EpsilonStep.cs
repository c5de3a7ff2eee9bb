using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>
/// Steps along dx̄ = ε dσ, the ODE of DDIM (equation 14) and EDM (equation 1): x̄ = x/√ᾱ, and σ = √((1-ᾱ)/ᾱ) as EDM writes it.
/// Each is DDIM's step with the ε of other calls as a correction to its own; x stays in the units of the network.
/// </summary>
internal static class EpsilonStep
{
    /// <summary>
    /// True where σ falls to less than 1/64: the first step of a cosine schedule or of zero terminal SNR, and steps of very short chains. Means of
    /// ε over σ have no bearing on such a step, as half the difference of two ε counts by the σ it begins at, and not by the one it ends at.
    /// </summary>
    public static bool IsLong(NoiseLevel from, NoiseLevel to) => from.Sigma > 64 * to.Sigma;

    /// <summary>x̄' = x̄ + (σ'-σ)·ε + Σ C_j·(ε_j-ε), the C_j of 1, 2, … kept ε ago. Without C it is DDIM's. ε is kept.</summary>
    /// <param name="level">Where the network is called.</param>
    /// <param name="alphaBarTo">ᾱ of x'.</param>
    /// <param name="c">C, the latest first.</param>
    /// <param name="options">What the network returns, and what is done to x0.</param>
    public static SamplingStep Multistep(NoiseLevel level, double alphaBarTo, ReadOnlySpan<double> c, SolverOptions options)
    {
        var own = Math.Sqrt(1 - alphaBarTo);
        var history = new double[c.Length];
        for (var j = 0; j < c.Length; j++)
        {
            history[j] = Math.Sqrt(alphaBarTo) * c[j];
            own -= history[j];
        }

        var prediction = Prediction.At(level, options.PredictionType, options.X0Treatment);
        return prediction.KeepEpsilon(prediction.Step(alphaBarTo, x: 0, x0: Math.Sqrt(alphaBarTo), epsilon: own)) with
        {
            History = c.IsEmpty ? null : ValueList.Create<double>(history),
        };
    }

    /// <summary>
    /// Heun's second half (EDM, algorithm 1, line 8): the network is called at the end of the step, and the mean of both ε takes the
    /// place of the first, x̄' + (σ'-σ)·(ε'-ε)/2. Nothing is kept. In a long step the mean is taken over 1/σ instead, of
    /// x0 = x̄-σ·ε: the same with the coefficient times σ'/σ, and of second order too.
    /// </summary>
    /// <param name="from">Where the step began.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="options">What the network returns, and what is done to x0.</param>
    public static SamplingStep Trapezoid(NoiseLevel from, NoiseLevel to, SolverOptions options)
    {
        var length = IsLong(from, to) ? to.Sigma * ((to.Sigma / from.Sigma) - 1) : to.Sigma - from.Sigma;
        var half = Math.Sqrt(to.AlphaBar) * length / 2;
        return Prediction.At(to, options.PredictionType, options.X0Treatment).Step(to.AlphaBar, x: 1, x0: 0, epsilon: half) with
        {
            History = [-half],
        };
    }
}
