namespace DiffusionSharp.Networks;

/// <summary>A network that also gives the derivatives of a scalar of its prediction by x and by t, at fixed weights: vector–Jacobian products.</summary>
public interface IDifferentiableDenoiser : IDenoiser
{
    /// <summary>Runs the network once, then goes back from the prediction to its inputs.</summary>
    /// <remarks>
    /// An image's derivatives depend on nothing but that image, its timestep, its label and its part of the cotangent; on an engine that gives
    /// the same bits for any batch, they are the same bits, too. The memory is that of one image batch on the way there and back: every value that
    /// the way back reads is kept until it was read.
    /// </remarks>
    /// <param name="input">Noisy images, their timesteps and labels.</param>
    /// <param name="prediction">Receives m, [N, OutputChannels, H, W] in C order, as <see cref="IDenoiser.Predict"/> computes it.</param>
    /// <param name="cotangent">Asked once, when the prediction is there. It may call other networks, but not this one's derivatives.</param>
    /// <param name="byX">Receives ∂scalar/∂x, [N, C, H, W] in C order.</param>
    /// <param name="byTimesteps">Receives ∂scalar/∂t, [N]; empty where nobody needs it.</param>
    /// <exception cref="DiffusionException">The input does not fit the network, or the engine failed, or it gives no derivatives (<see cref="ErrorKind.Usage"/>).</exception>
    /// <exception cref="OperationCanceledException">The input's token was cancelled.</exception>
    void Differentiate(DenoiserInput input, Span<float> prediction, Cotangent cotangent, Span<float> byX, Span<double> byTimesteps);
}
