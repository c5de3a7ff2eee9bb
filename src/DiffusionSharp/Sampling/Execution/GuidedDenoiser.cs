using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>
/// Guidance of a strong prediction away from a weak one: m = m_weak + W·(m_strong - m_weak). Without the label for the weak one this is
/// classifier-free guidance (Ho and Salimans 2022, equation 6; W is their 1 + w), with a weaker model it is autoguidance (Karras et al. 2024,
/// equation 3). W = 1 is the strong prediction, 0 the weak one, more goes beyond the strong one. Since W and 1 - W add up to 1, and ε, x0 and v are
/// affine functions of each other, it does not matter which of them m is.
/// </summary>
/// <remarks>
/// The two predictions are two calls, not one of twice the batch: memory stays what the batch size says, and m_strong is bit for bit what it is
/// without guidance, which an engine does not promise for another batch size. The gradient of the combination is the combination of the gradients;
/// it takes three calls, for the cotangent depends on both predictions: the weak one's, then the derivatives of each, in the memory of one.
/// </remarks>
public sealed class GuidedDenoiser : IDifferentiableDenoiser
{
    private readonly IDenoiser strong;
    private readonly IDenoiser weak;
    private readonly double guidance;

    /// <summary>Classifier-free guidance of a network; it is not disposed with this.</summary>
    /// <param name="network">A class-conditional network, trained with dropped labels.</param>
    /// <param name="guidance">W; any finite number.</param>
    /// <param name="nullClass">The label that stands for none.</param>
    public GuidedDenoiser(IDenoiser network, double guidance, int nullClass)
        : this(network, new UnconditionalDenoiser(network, nullClass), guidance)
    {
    }

    /// <summary>Guidance of one network by another; they are not disposed with this.</summary>
    /// <param name="strong">The network that is followed.</param>
    /// <param name="weak">The one that is gone away from: of the same schedule and prediction type, asked with the same labels.</param>
    /// <param name="guidance">W; any finite number.</param>
    public GuidedDenoiser(IDenoiser strong, IDenoiser weak, double guidance)
    {
        ArgumentNullException.ThrowIfNull(strong);
        ArgumentNullException.ThrowIfNull(weak);
        ArgumentOutOfRangeException.ThrowIfEqual(double.IsFinite(guidance), false, nameof(guidance));
        (this.strong, this.weak, this.guidance) = (strong, weak, guidance);
    }

    /// <summary>The levels that are guided, at all others W is 1 and only the strong network is called; null for all levels.</summary>
    public GuidanceInterval? Interval { get; init; }

    /// <inheritdoc/>
    public int OutputChannels => strong.OutputChannels;

    // Of W = 0 the weak prediction is all there is, its learned variance too.
    private bool SameChannels => strong.OutputChannels == weak.OutputChannels;

    /// <summary>How often a network is called for one prediction: once where W is 0 or 1, else twice.</summary>
    /// <param name="guidance">W.</param>
    public static int NetworkCalls(double guidance) => guidance is 0 or 1 ? 1 : 2;

    /// <summary>How often a network is called for one prediction at a level.</summary>
    /// <param name="guidance">W.</param>
    /// <param name="interval">The levels that are guided; null for all.</param>
    /// <param name="timestep">The level's t.</param>
    public static int NetworkCalls(double guidance, GuidanceInterval? interval, double timestep) =>
        interval?.Contains(timestep) == false ? 1 : NetworkCalls(guidance);

    /// <summary>How often a network is called for a whole plan.</summary>
    /// <param name="guidance">W.</param>
    /// <param name="interval">The levels that are guided; null for all.</param>
    /// <param name="plan">The plan.</param>
    public static int NetworkCalls(double guidance, GuidanceInterval? interval, SamplingPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.Steps.Sum(s => s.Timestep is { } t ? NetworkCalls(guidance, interval, t) : 0) * (plan.FixedPoint?.MostCalls ?? 1);
    }

    /// <inheritdoc/>
    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        var scales = Scales(input.Timesteps);
        if (Alone(scales) is { } one)
        {
            one.Predict(input, prediction);
            return;
        }

        strong.Predict(input, prediction);
        Combine(scales, input.Shape.Elements, PredictWeak(input), prediction);
    }

    /// <inheritdoc/>
    public void Differentiate(DenoiserInput input, Span<float> prediction, Cotangent cotangent, Span<float> byX, Span<double> byTimesteps)
    {
        ArgumentNullException.ThrowIfNull(cotangent);
        var scales = Scales(input.Timesteps);
        if (Alone(scales) is { } one)
        {
            Differentiable.Require(one).Differentiate(input, prediction, cotangent, byX, byTimesteps);
            return;
        }

        var (elements, other) = (input.Shape.Elements, PredictWeak(input));
        float[] combined = new float[prediction.Length], slopes = new float[prediction.Length];
        Differentiable.Require(strong).Differentiate(
            input,
            prediction,
            (m, g) =>
            {
                m.CopyTo(combined);
                Combine(scales, elements, other, combined);
                cotangent(combined, slopes);
                Share(scales, elements, slopes, g, ofStrong: true);
            },
            byX,
            byTimesteps);
        combined.CopyTo(prediction);

        var (alsoByX, alsoByTimesteps) = (new float[byX.Length], new double[byTimesteps.Length]);
        Differentiable.Require(weak).Differentiate(input, other, (_, g) => Share(scales, elements, slopes, g, ofStrong: false), alsoByX, alsoByTimesteps);
        for (var i = 0; i < alsoByX.Length; i++)
        {
            byX[i] += alsoByX[i];
        }

        for (var i = 0; i < alsoByTimesteps.Length; i++)
        {
            byTimesteps[i] += alsoByTimesteps[i];
        }
    }

    private double[] Scales(ReadOnlySpan<double> timesteps)
    {
        var scales = new double[timesteps.Length];
        for (var n = 0; n < scales.Length; n++)
        {
            scales[n] = Interval?.Contains(timesteps[n]) == false ? 1 : guidance;
        }

        return scales;
    }

    // The one network that is called, where one is enough.
    private IDenoiser? Alone(double[] scales) =>
        Array.TrueForAll(scales, w => w == 1) ? strong : Array.TrueForAll(scales, w => w == 0) && SameChannels ? weak : null;

    private float[] PredictWeak(DenoiserInput input)
    {
        var prediction = new float[input.Count * (input.Shape with { Channels = weak.OutputChannels }).Elements];
        weak.Predict(input, prediction);
        return prediction;
    }

    // Channels beyond the image's own are a learned variance, which stays the strong one's.
    private void Combine(double[] scales, int elements, ReadOnlySpan<float> other, Span<float> prediction)
    {
        int stride = prediction.Length / scales.Length, otherStride = other.Length / scales.Length;
        for (var n = 0; n < scales.Length; n++)
        {
            var w = scales[n];
            var m = prediction.Slice(n * stride, stride);
            var from = other.Slice(n * otherStride, otherStride);
            if (w == 0 && SameChannels)
            {
                from.CopyTo(m);
                continue;
            }

            for (var i = 0; w != 1 && i < elements; i++)
            {
                double low = from[i];
                m[i] = (float)(low + (w * (m[i] - low)));
            }
        }
    }

    // The cotangent of one of the two predictions: its part of the image's own channels, and the strong one's of those beyond.
    private void Share(double[] scales, int elements, ReadOnlySpan<float> slopes, Span<float> share, bool ofStrong)
    {
        int stride = share.Length / scales.Length, slopeStride = slopes.Length / scales.Length;
        for (var n = 0; n < scales.Length; n++)
        {
            var part = ofStrong ? scales[n] : 1 - scales[n];
            var rest = scales[n] == 0 && SameChannels ? part : ofStrong ? 1 : 0;
            var from = slopes.Slice(n * slopeStride, slopeStride);
            var to = share.Slice(n * stride, stride);
            for (var i = 0; i < stride; i++)
            {
                var by = i < elements ? part : rest;
                to[i] = by == 0 ? 0 : (float)(by * from[i]);
            }
        }
    }
}
