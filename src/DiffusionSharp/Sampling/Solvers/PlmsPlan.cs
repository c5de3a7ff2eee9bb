using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>
/// Pseudo linear multistep (Liu et al. 2022, "PNDM", equation 12): DDIM's step with ε replaced by Adams and Bashforth's mean of the last
/// four. Second order: the coefficients are those of even steps, and DDIM's step carries them over uneven ones. The two kinds differ in how they start.
/// </summary>
public static class PlmsPlan
{
    // ε = Σ w_j·ε_j, the latest first, by how many there are.
    private static readonly double[][] AdamsBashforth =
    [
        [1], [3.0 / 2, -1.0 / 2], [23.0 / 12, -16.0 / 12, 5.0 / 12], [55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24],
    ];

    /// <summary>
    /// PLMS as it is mostly used (diffusers' <c>skip_prk_steps</c>): the first step is Heun's, then as many ε as there are.
    /// S+1 calls; 1 where there is one step.
    /// </summary>
    /// <param name="levels">The levels to visit.</param>
    /// <param name="options">Prediction type and x0 treatment.</param>
    /// <exception cref="DiffusionException">ε-prediction starts where ᾱ = 0.</exception>
    public static SamplingPlan Create(NoiseLevels levels, SolverOptions options)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(options);
        var chain = new Chain(levels, options);
        for (var k = 0; k < levels.Count; k++)
        {
            chain.Multistep(k);
            if (k == 0 && levels.Count > 1)
            {
                chain.Steps.Add(EpsilonStep.Trapezoid(levels[0], levels[1], options));
            }
        }

        return chain.Plan("PLMS");
    }

    /// <summary>
    /// The paper's PNDM: three steps of pseudo Runge-Kutta (equation 13), each of four calls, two of them halfway in t; then PLMS.
    /// S+9 calls for S of at least 4; a long step, in which σ falls to less than 1/64, is DDIM's.
    /// </summary>
    /// <param name="schedule">The noise schedule, which has the levels halfway.</param>
    /// <param name="levels">The levels to visit.</param>
    /// <param name="options">Prediction type and x0 treatment.</param>
    /// <exception cref="DiffusionException">ε-prediction starts where ᾱ = 0.</exception>
    public static SamplingPlan CreateRungeKutta(NoiseSchedule schedule, NoiseLevels levels, SolverOptions options)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(options);
        var chain = new Chain(levels, options);
        for (var k = 0; k < levels.Count; k++)
        {
            if (k < Math.Min(3, levels.Count - 1) && !EpsilonStep.IsLong(levels[k], levels[k + 1]))
            {
                var t = (levels[k].Timestep + levels[k + 1].Timestep) / 2;
                chain.RungeKutta(k, new NoiseLevel(t, schedule.AlphaBar(t, AlphaBarInterpolation.LogSigma)));
            }
            else
            {
                chain.Multistep(k);
            }
        }

        return chain.Plan("PNDM");
    }

    private sealed class Chain(NoiseLevels levels, SolverOptions options)
    {
        // Which of the kept ε were made where a step begins: 0 for the first kept.
        private readonly List<int> begins = [];
        private int kept;

        public List<SamplingStep> Steps { get; } = [];

        public SamplingPlan Plan(string name) =>
            new(name, levels.T, options.PredictionType, options.X0Treatment, [.. Steps]) { Notes = levels.Notes };

        public void Multistep(int k)
        {
            begins.Add(kept);
            var w = AdamsBashforth[Math.Min(begins.Count, AdamsBashforth.Length) - 1];
            var c = new double[w.Length == 1 ? 0 : kept - begins[^w.Length]];
            for (var j = 1; j < w.Length; j++)
            {
                c[kept - begins[^(j + 1)] - 1] = w[j] * (NoiseLevel.SigmaOf(levels.AlphaBar(k + 1)) - levels[k].Sigma);
            }

            Steps.Add(EpsilonStep.Multistep(levels[k], levels.AlphaBar(k + 1), c, options));
            kept++;
        }

        public void RungeKutta(int k, NoiseLevel middle)
        {
            begins.Add(kept);
            kept += 3;
            NoiseLevel from = levels[k], to = levels[k + 1];
            Steps.Add(EpsilonStep.Multistep(from, middle.AlphaBar, [], options) with { Saves = true });
            Steps.Add(Stage(from, middle, middle, [1], keeps: true));
            Steps.Add(Stage(from, middle, to, [1], keeps: true));
            Steps.Add(Stage(from, to, to, [1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6], keeps: false));
        }

        // From the saved x to another level by a mean of ε, this call's first: x̄' = x̄ + (σ'-σ)·Σ w_j·ε_j.
        private SamplingStep Stage(NoiseLevel from, NoiseLevel call, NoiseLevel to, ReadOnlySpan<double> w, bool keeps)
        {
            var length = Math.Sqrt(to.AlphaBar) * (to.Sigma - from.Sigma);
            var prediction = Prediction.At(call, options.PredictionType, options.X0Treatment);
            var step = prediction.Step(to.AlphaBar, x: 0, x0: 0, epsilon: length * w[0]) with
            {
                Saved = Math.Sqrt(to.AlphaBar / from.AlphaBar),
                History = w.Length == 1 ? null : ValueList.Create<double>([.. w[1..].ToArray().Select(v => length * v)]),
            };
            return keeps ? prediction.KeepEpsilon(step) : step;
        }
    }
}
