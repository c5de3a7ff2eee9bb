namespace DiffusionSharp.Sampling;

/// <summary>
/// Classifier-free guidance (Ho and Salimans 2022, equation 6): m = m(null) + W·(m(label) - m(null)). W is their 1 + w: 1 is the
/// labelled prediction, 0 the unlabelled one, more goes beyond the label. Since W and 1 - W add up to 1, and ε, x0 and v are affine
/// functions of each other, it does not matter which of them m is.
/// </summary>
/// <remarks>
/// The two predictions are two calls of the network, not one of twice the batch: memory stays what the batch size says, and m(label)
/// is bit for bit what it is without guidance, which an engine does not promise for another batch size.
/// </remarks>
public sealed class GuidedDenoiser : IDenoiser
{
    private readonly IDenoiser network;
    private readonly double guidance;
    private readonly int nullClass;

    /// <summary>Guides a network; it is not disposed with this.</summary>
    /// <param name="network">A class-conditional network, trained with dropped labels.</param>
    /// <param name="guidance">W; any finite number.</param>
    /// <param name="nullClass">The label that stands for none.</param>
    public GuidedDenoiser(IDenoiser network, double guidance, int nullClass)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentOutOfRangeException.ThrowIfEqual(double.IsFinite(guidance), false, nameof(guidance));
        (this.network, this.guidance, this.nullClass) = (network, guidance, nullClass);
    }

    /// <inheritdoc/>
    public int OutputChannels => network.OutputChannels;

    /// <summary>How often the network is called for one prediction: once where W is 0 or 1, else twice.</summary>
    /// <param name="guidance">W.</param>
    public static int NetworkCalls(double guidance) => guidance is 0 or 1 ? 1 : 2;

    /// <inheritdoc/>
    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        if (guidance == 0)
        {
            network.Predict(WithoutLabels(input), prediction);
            return;
        }

        network.Predict(input, prediction);
        if (guidance != 1)
        {
            var unlabelled = new float[prediction.Length];
            network.Predict(WithoutLabels(input), unlabelled);
            Combine(input, unlabelled, prediction);
        }
    }

    private DenoiserInput WithoutLabels(DenoiserInput input)
    {
        var none = new int[input.Count];
        none.AsSpan().Fill(nullClass);
        return new DenoiserInput
        {
            Count = input.Count,
            Shape = input.Shape,
            X = input.X,
            Timesteps = input.Timesteps,
            Labels = none,
            CancellationToken = input.CancellationToken,
        };
    }

    // Channels beyond the image's own are a learned variance, which stays that of the label.
    private void Combine(DenoiserInput input, ReadOnlySpan<float> unlabelled, Span<float> prediction)
    {
        var stride = prediction.Length / input.Count;
        for (var n = 0; n < input.Count; n++)
        {
            for (var i = n * stride; i < (n * stride) + input.Shape.Elements; i++)
            {
                double none = unlabelled[i];
                prediction[i] = (float)(none + (guidance * (prediction[i] - none)));
            }
        }
    }
}
