using DiffusionSharp.Networks;

namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>A network that makes features of images, on an engine. Several threads may call it.</summary>
public sealed class FeatureNetwork : IDisposable
{
    // More at once is no faster, and takes memory.
    private const int BatchImages = 32;

    private readonly IDenoiser network;
    private readonly ImageShape input;
    private readonly PrepareImage prepare;

    /// <param name="name">What reports call it.</param>
    /// <param name="weightsHash">SHA-256 of its weights.</param>
    /// <param name="graph">The network.</param>
    /// <param name="network">The network on an engine.</param>
    /// <param name="prepare">Makes the network's input of an image.</param>
    internal FeatureNetwork(string name, string weightsHash, NetworkGraph graph, IDenoiser network, PrepareImage prepare) =>
        (Name, WeightsHash, input, FeatureCount, this.network, this.prepare) = (name, weightsHash, graph.InputShape, graph.OutputShape.Elements, network, prepare);

    /// <summary>What reports call it.</summary>
    public string Name { get; }

    /// <summary>SHA-256 of its weights, 64 lowercase hexadecimal digits: features of other weights cannot be compared.</summary>
    public string WeightsHash { get; }

    /// <summary>Features of an image, D.</summary>
    public int FeatureCount { get; }

    /// <summary>Computes features, some images at a time: an image's depend on nothing but that image.</summary>
    /// <param name="images">RGB images of 8 bits, [N, 3, H, W] in C order.</param>
    /// <param name="shape">Shape of each of them; they are resized to what the network takes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>[N, D] in C order.</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: images of other than 3 channels, or no whole number of them.</exception>
    public float[] Features(ReadOnlySpan<byte> images, ImageShape shape, CancellationToken cancellationToken = default)
    {
        if (shape is not { Channels: 3, Height: > 0, Width: > 0 } || images.Length % shape.Elements != 0)
        {
            throw new DiffusionException(ErrorKind.Data, $"{Name}: found {images.Length} values for images of {shape}, expected a whole number of images of 3 channels");
        }

        var count = images.Length / shape.Elements;
        var features = new float[checked(count * FeatureCount)];
        var x = new float[Math.Min(count, BatchImages) * input.Elements];
        for (var first = 0; first < count; first += BatchImages)
        {
            var batch = Math.Min(BatchImages, count - first);
            for (var i = 0; i < batch; i++)
            {
                prepare(images.Slice((first + i) * shape.Elements, shape.Elements), shape, x.AsSpan(i * input.Elements, input.Elements));
            }

            var call = new DenoiserInput
            {
                Count = batch,
                Shape = input,
                X = x.AsSpan(0, batch * input.Elements),
                Timesteps = new double[batch],
                CancellationToken = cancellationToken,
            };
            network.Predict(call, features.AsSpan(first * FeatureCount, batch * FeatureCount));
        }

        return features;
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();
}
