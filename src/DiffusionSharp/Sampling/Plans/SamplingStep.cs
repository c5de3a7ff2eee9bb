using System.Text.Json.Serialization;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Sampling.Plans;

/// <summary>
/// One step of a plan as plain numbers. With m what the network returned for x:
/// x0 = X0FromX·x + X0FromM·m, then the plan's treatment of x0, then, under classifier guidance, m + MFromG·g and x0 + X0FromG·g, then
/// x' = X·x + M·m + X0·x0 + Saved·saved + Σ History[k]·d_k + Sigma·z, or with a learned variance Sigma^(1-f)·UpperSigma^f·z.
/// Solvers of higher order use the two registers: a saved x, and the d = KeptX·x + KeptM·m + KeptX0·x0 of earlier calls.
/// </summary>
public readonly record struct SamplingStep
{
    /// <summary>The t the network is called with, or null for a step without a call (then m and x0 take no part, and no d is kept).</summary>
    public double? Timestep { get; init; }

    /// <summary>ᾱ of x before the step.</summary>
    public double AlphaBarFrom { get; init; }

    /// <summary>ᾱ of x after the step.</summary>
    public double AlphaBarTo { get; init; }

    /// <summary>Coefficient of x in the x0 prediction.</summary>
    public double X0FromX { get; init; }

    /// <summary>Coefficient of m in the x0 prediction.</summary>
    public double X0FromM { get; init; }

    /// <summary>Coefficient of x in the next x.</summary>
    public double X { get; init; }

    /// <summary>Coefficient of m in the next x.</summary>
    public double M { get; init; }

    /// <summary>Coefficient of the treated x0 in the next x.</summary>
    public double X0 { get; init; }

    /// <summary>σ, the coefficient of fresh Gaussian noise z; no noise is drawn where it is 0.</summary>
    public double Sigma { get; init; }

    /// <summary>
    /// σ of a learned variance at its greatest, or 0 for a σ that is the same everywhere. The second half of the network's channels, v,
    /// then says where σ lies: Sigma at v = -1, this at v = 1, in between and beyond Sigma^(1-f)·UpperSigma^f with f = (v+1)/2.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double UpperSigma { get; init; }

    /// <summary>True when x, as it is before the step, becomes the saved x.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Saves { get; init; }

    /// <summary>Coefficient of the saved x in the next x.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double Saved { get; init; }

    /// <summary>Coefficient of x in the d that is kept for later steps. A call whose three coefficients are 0 keeps nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double KeptX { get; init; }

    /// <summary>Coefficient of m in d.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double KeptM { get; init; }

    /// <summary>Coefficient of the treated x0 in d.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double KeptX0 { get; init; }

    /// <summary>Coefficients in the next x of the d kept before this step, the latest first; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ValueList<double>? History { get; init; }

    /// <summary>
    /// True when, after the step, what an inpainting mask keeps is replaced by the known image at ᾱ_to:
    /// √ᾱ_to·known + √(1-ᾱ_to)·z (RePaint, equation 8).
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Blends { get; init; }

    /// <summary>Coefficient in m of g, the gradient of a condition (<see cref="ConditionGradient"/>).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double MFromG { get; init; }

    /// <summary>Coefficient of g in x0, after its treatment.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double X0FromG { get; init; }

    /// <summary>True when σ²·g is added to the next x, value by value where the variance is learned.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool GuidesMean { get; init; }

    /// <summary>True when this step reads g.</summary>
    [JsonIgnore]
    public bool IsGuided => MFromG != 0 || X0FromG != 0 || GuidesMean;

    /// <summary>True when this step keeps a d.</summary>
    [JsonIgnore]
    public bool Keeps => KeptX != 0 || KeptM != 0 || KeptX0 != 0;
}
