namespace DiffusionSharp.Training.Objectives;

/// <summary>The forward process: noises images for a network to learn from.</summary>
internal interface IForwardProcess
{
    /// <summary>Noises one image.</summary>
    /// <param name="place">How much, from 0 (the least) up to 1.</param>
    /// <param name="x0">The clean image.</param>
    /// <param name="epsilon">Standard normal noise.</param>
    /// <param name="x">Receives the network's input.</param>
    /// <param name="target">Receives what it should return.</param>
    /// <returns>The time that the network is called with.</returns>
    double NoiseAt(double place, ReadOnlySpan<float> x0, ReadOnlySpan<float> epsilon, Span<float> x, Span<float> target);
}
