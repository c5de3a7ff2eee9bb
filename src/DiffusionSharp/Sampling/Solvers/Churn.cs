using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>
/// Noise added back before each step (Karras et al. 2022, algorithm 2): σ rises to (1+γ)·σ with γ = min(amount/S, √2-1), by a step
/// without a network call.
/// </summary>
/// <param name="Schedule">Says which t has the risen σ; σ never rises above its largest.</param>
/// <param name="Amount">S_churn, at least 0.</param>
/// <param name="From">S_tmin: no churn below this σ.</param>
/// <param name="To">S_tmax: no churn above this σ.</param>
/// <param name="Noise">S_noise, the standard deviation of the noise; above 1 makes up for detail that the network removes.</param>
public sealed record Churn(NoiseSchedule Schedule, double Amount, double From = 0, double To = double.PositiveInfinity, double Noise = 1)
{
    /// <summary>The level to rise to before one of S steps, or null for no churn.</summary>
    internal NoiseLevel? Raised(NoiseLevel level, int steps)
    {
        var gamma = level.Sigma >= From && level.Sigma <= To ? Math.Min(Amount / steps, Math.Sqrt(2) - 1) : 0;
        var raised = Schedule.LevelAt(level.Lambda - Math.Log(1 + gamma));
        return gamma > 0 && raised.AlphaBar < level.AlphaBar ? raised : null;
    }

    /// <summary>The forward process from one level to a noisier one, its noise times S_noise.</summary>
    internal SamplingStep Step(NoiseLevel from, NoiseLevel raised)
    {
        var up = Renoise.Step(from.AlphaBar, raised.AlphaBar);
        return up with { Sigma = Noise * up.Sigma };
    }
}
