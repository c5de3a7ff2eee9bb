namespace DiffusionSharp.Sampling.Plans;

/// <summary>The way back up: from any level to a noisier one, without a network call.</summary>
public static class Renoise
{
    /// <summary>
    /// x_t = √(ᾱ_t/ᾱ_s)·x_s + √(1-ᾱ_t/ᾱ_s)·z, the forward process over any number of levels at once. It takes the marginal at s to the
    /// marginal at t, and the clean image (ᾱ_s = 1) to q(x_t|x_0).
    /// </summary>
    /// <param name="alphaBarFrom">ᾱ_s, above 0.</param>
    /// <param name="alphaBarTo">ᾱ_t in [0, ᾱ_s].</param>
    public static SamplingStep Step(double alphaBarFrom, double alphaBarTo) => alphaBarTo >= 0 && alphaBarTo <= alphaBarFrom && alphaBarFrom is > 0 and <= 1
        ? new()
        {
            AlphaBarFrom = alphaBarFrom,
            AlphaBarTo = alphaBarTo,
            X = Math.Sqrt(alphaBarTo / alphaBarFrom),
            Sigma = Math.Sqrt((alphaBarFrom - alphaBarTo) / alphaBarFrom),
        }
        : throw new ArgumentException($"from alphaBar {alphaBarFrom} up to {alphaBarTo}: 0 <= to <= from <= 1 and from > 0 are needed", nameof(alphaBarTo));
}
