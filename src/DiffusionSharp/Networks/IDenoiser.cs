namespace DiffusionSharp.Networks;

/// <summary>A network that predicts the noise (or x0, or v) of a noisy image. Every engine is one of these.</summary>
public interface IDenoiser
{
    /// <summary>Channels of the prediction: the image's own, or twice as many for a learned variance.</summary>
    int OutputChannels { get; }

    /// <summary>Runs the network once.</summary>
    /// <param name="input">Noisy images, their timesteps and labels.</param>
    /// <param name="prediction">Receives m, [N, OutputChannels, H, W] in C order.</param>
    /// <exception cref="DiffusionException">The input does not fit the network, or the engine failed.</exception>
    /// <exception cref="OperationCanceledException">The input's token was cancelled.</exception>
    void Predict(DenoiserInput input, Span<float> prediction);
}
