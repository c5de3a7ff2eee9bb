namespace DiffusionSharp.Networks;

/// <summary>A network that predicts the noise (or x0, or v) of a noisy image. Every engine is one of these, and so is what changes another's prediction.</summary>
/// <remarks>Of the networks here several threads may call one; how many run at a time is the engine's choice. One that wraps another does not dispose of it.</remarks>
public interface IDenoiser : IDisposable
{
    /// <summary>Channels of the prediction: the image's own, or twice as many for a learned variance.</summary>
    int OutputChannels { get; }

    /// <summary>Runs the network once.</summary>
    /// <param name="input">Noisy images, their timesteps and labels.</param>
    /// <param name="prediction">Receives m, [N, OutputChannels, H, W] in C order.</param>
    /// <exception cref="DiffusionException">The input does not fit the network, or the engine failed.</exception>
    /// <exception cref="OperationCanceledException">The input's token was cancelled.</exception>
    void Predict(DenoiserInput input, Span<float> prediction);

    /// <summary>Frees what the network holds; by default, that is nothing.</summary>
    void IDisposable.Dispose()
    {
    }
}
