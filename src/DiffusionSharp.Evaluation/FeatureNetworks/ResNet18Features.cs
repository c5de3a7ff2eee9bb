using DiffusionSharp.Evaluation.Onnx;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>
/// ResNet-18's 512 features, from the two files of the package Microsoft.ML.DnnImageFeaturizer.ResNet18, which anybody can have from NuGet: what to compare images
/// with where the weights of the Fréchet distance's own network are not to be had.
/// </summary>
public static class ResNet18Features
{
    private const string MeanImage = "MeanImage";

    /// <summary>Loads the network.</summary>
    /// <param name="network">The package's ResNet18.onnx.</param>
    /// <param name="preprocessing">Its ResNetPreprocess.onnx, for the mean picture that is subtracted.</param>
    /// <param name="engine">What computes it, such as <c>CpuEngine.Default</c>.</param>
    /// <remarks>Images are resized to 224×224 by a triangle filter that grows with what is shrunk (Pillow's <c>BILINEAR</c>, without rounding to whole levels); their planes go in as blue, green, red, 0…255, less the mean picture.</remarks>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: a file that cannot be read, is malformed, or is of another network.</exception>
    public static FeatureNetwork Load(string network, string preprocessing, Engine engine)
    {
        ArgumentException.ThrowIfNullOrEmpty(network);
        ArgumentException.ThrowIfNullOrEmpty(preprocessing);
        ArgumentNullException.ThrowIfNull(engine);
        var (model, mean) = (OnnxModel.Read(network), OnnxModel.Read(preprocessing).Initializer(MeanImage));
        if (mean.Data.Length != ResNet18Network.Input.Elements)
        {
            throw new DiffusionException(ErrorKind.ModelFile, $"model file '{preprocessing}': its mean picture is [{string.Join(", ", mean.Shape)}], expected [1, 3, 224, 224]");
        }

        var graph = ResNet18Network.Build();
        return new FeatureNetwork("resnet-18", model.Sha256, graph, engine(graph, new ResNet18Weights(model, graph).Read), (image, shape, x) => Prepare(image, shape, mean.Data, x));
    }

    private static void Prepare(ReadOnlySpan<byte> image, ImageShape shape, float[] mean, Span<float> x)
    {
        var (side, plane) = (ResNet18Network.Input.Height, ResNet18Network.Input.Height * ResNet18Network.Input.Width);
        for (var c = 0; c < shape.Channels; c++)
        {
            var place = (shape.Channels - 1 - c) * plane;
            var to = x.Slice(place, plane);
            AntialiasedResize.Resize(image.Slice(c * shape.Height * shape.Width, shape.Height * shape.Width), (shape.Height, shape.Width), side, to);
            for (var i = 0; i < plane; i++)
            {
                to[i] -= mean[place + i];
            }
        }
    }
}
