using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Plans;

/// <summary>
/// Everything a sampler run does, as data: a list of steps with float64 coefficients. A plan can be printed
/// (<see cref="ToString"/>), compared by value and kept as JSON; <c>Sampler</c> carries it out.
/// </summary>
public sealed class SamplingPlan : IEquatable<SamplingPlan>
{
    private readonly SamplingStep[] steps;

    /// <summary>Makes a plan from its steps.</summary>
    /// <param name="name">The solver and its options, for people.</param>
    /// <param name="T">Number of noise levels of the schedule.</param>
    /// <param name="predictionType">What the coefficients take the network's output for.</param>
    /// <param name="x0Treatment">What is done to x0 in every step.</param>
    /// <param name="steps">At least one step, every number finite.</param>
    /// <param name="initialScale">Multiplies x_T.</param>
    /// <exception cref="DiffusionException">No step, or a number that is not finite.</exception>
    public SamplingPlan(
        string name,
        int T,
        PredictionType predictionType,
        X0Treatment x0Treatment,
        ReadOnlySpan<SamplingStep> steps,
        double initialScale = 1)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(x0Treatment);
        if (steps.IsEmpty || T < 1 || !double.IsFinite(initialScale))
        {
            throw Invalid($"{steps.Length} steps, T = {T}, initial scale {initialScale}: at least one step, T >= 1 and a finite scale are needed");
        }

        int kept = 0;
        var saved = false;
        for (var k = 0; k < steps.Length; k++)
        {
            Check(k, steps[k]);
            saved |= steps[k].Saves;
            if ((steps[k].Saved != 0 && !saved) || steps[k].History?.Count > kept)
            {
                throw Invalid($"step {k} uses a saved x or {steps[k].History?.Count} kept d; before it {(saved ? "x was" : "no x was")} saved and {kept} d were kept");
            }

            kept += steps[k].Keeps ? 1 : 0;
        }

        this.steps = steps.ToArray();
        (Name, this.T, PredictionType, X0Treatment, InitialScale) = (name, T, predictionType, x0Treatment, initialScale);
        Steps = Array.AsReadOnly(this.steps);
        HistoryLength = this.steps.Max(s => s.History?.Count ?? 0);
    }

    /// <summary>The solver and its options, for people.</summary>
    public string Name { get; }

    /// <summary>Number of noise levels of the schedule.</summary>
    public int T { get; }

    /// <summary>What the coefficients take the network's output for.</summary>
    public PredictionType PredictionType { get; }

    /// <summary>What is done to x0 in every step.</summary>
    public X0Treatment X0Treatment { get; }

    /// <summary>The steps, in the order they are carried out.</summary>
    public IReadOnlyList<SamplingStep> Steps { get; }

    /// <summary>How often the network is called: exact, or at most so many where steps are fixed points.</summary>
    public int NetworkCalls => steps.Count(s => s.Timestep is not null) * (FixedPoint?.MostCalls ?? 1);

    /// <summary>Set where every step is an equation that is solved by repetition (implicit solvers, refined inversion); else null.</summary>
    /// <exception cref="DiffusionException">A limit is out of range, or a step draws noise or keeps a d, which a repetition would do again.</exception>
    public FixedPoint? FixedPoint
    {
        get;
        init => field = value is null || (value.Tolerance >= 0 && value.MostCalls >= 1 && !steps.Any(s => s.Sigma != 0 || s.Keeps))
            ? value
            : throw Invalid($"{value}: a tolerance of at least 0 and at least one call are needed, and steps without noise that keep no d");
    }

    /// <summary>True when a step reads the variance that the network predicts beside its prediction.</summary>
    public bool ReadsVariance => steps.Any(s => s.UpperSigma != 0);

    /// <summary>True when a step reads the gradient of a condition, which a request must then have.</summary>
    public bool IsGuided => steps.Any(s => s.IsGuided);

    /// <summary>Multiplies x_T before the first step.</summary>
    public double InitialScale { get; }

    /// <summary>How many d of earlier calls a step may use.</summary>
    internal int HistoryLength { get; }

    /// <summary>ᾱ of the result; 1 is the clean image.</summary>
    public double FinalAlphaBar => steps[^1].AlphaBarTo;

    /// <summary>What a reader should know about the plan. Not part of its value.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Reads a plan from JSON written by <see cref="ToJson"/>; every float64 comes back exactly.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="DiffusionException">Not a plan, or a number out of range.</exception>
    public static SamplingPlan FromJson(string json) => SamplingPlanJson.Read(json);

    /// <summary>The plan as JSON; every float64 round-trips exactly.</summary>
    public string ToJson() => SamplingPlanJson.Write(this);

    /// <summary>True when everything that decides the images agrees: steps, T, prediction type, x0 treatment, initial scale and fixed point.</summary>
    /// <param name="other">The other plan.</param>
    public bool Equals(SamplingPlan? other) => other is not null
        && T == other.T
        && PredictionType == other.PredictionType
        && X0Treatment == other.X0Treatment
        && InitialScale.Equals(other.InitialScale)
        && FixedPoint == other.FixedPoint
        && steps.AsSpan().SequenceEqual(other.steps);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SamplingPlan);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(T, PredictionType, X0Treatment, steps.Length, steps[0], steps[^1]);

    /// <summary>A summary line, a table with one row per step, and the notes.</summary>
    public override string ToString() => SamplingPlanTable.Text(this);

    private static void Check(int k, in SamplingStep s)
    {
        ReadOnlySpan<double> numbers =
        [
            s.Timestep ?? 0, s.AlphaBarFrom, s.AlphaBarTo, s.X0FromX, s.X0FromM, s.X, s.M, s.X0, s.Sigma, s.UpperSigma,
            s.Saved, s.KeptX, s.KeptM, s.KeptX0, s.MFromG, s.X0FromG, .. s.History ?? [],
        ];
        foreach (var number in numbers)
        {
            if (!double.IsFinite(number))
            {
                throw Invalid($"step {k} has a coefficient that is not finite: {s}");
            }
        }

        if (s.AlphaBarFrom is < 0 or > 1 || s.AlphaBarTo is < 0 or > 1 || s.Sigma < 0)
        {
            throw Invalid($"step {k}: alphaBar must lie in [0, 1] and sigma must not be negative: {s}");
        }

        if (s.UpperSigma < 0 || (s.UpperSigma > 0 && s.Sigma == 0))
        {
            throw Invalid($"step {k}: a learned variance needs a sigma and an upper sigma above 0: {s}");
        }

        if (s.Timestep is null && (s.M != 0 || s.X0 != 0 || s.UpperSigma != 0 || s.Keeps || s.IsGuided))
        {
            throw Invalid($"step {k} calls no network but uses its output: {s}");
        }
    }

    private static DiffusionException Invalid(string message) => new(ErrorKind.Configuration, "sampling plan: " + message);
}
