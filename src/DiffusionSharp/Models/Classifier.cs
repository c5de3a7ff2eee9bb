using DiffusionSharp.Files;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Models;

/// <summary>A classifier of noisy images on an engine, whose gradient leads a diffusion model to a class (Dhariwal and Nichol 2021).</summary>
public sealed class Classifier : IDisposable
{
    private const int ReleasedHeadChannels = 64;

    private Classifier(string path, NetworkGraph graph, IDenoiser network) => (Path, Graph, Network) = (path, graph, network);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The network's graph.</summary>
    public NetworkGraph Graph { get; }

    /// <summary>The network on its engine: of x [N, C, H, W] and t [N] it predicts the logits, [N, classes].</summary>
    public IDenoiser Network { get; }

    /// <summary>Number of classes.</summary>
    public int Classes => Graph.OutputShape.Channels;

    /// <summary>Loads a classifier of guided-diffusion from its checkpoint.</summary>
    /// <param name="path">The file, as <c>classifier_train.py</c> writes it: a state dict.</param>
    /// <param name="engine">Runs it; it must give derivatives, as the managed engine does.</param>
    /// <param name="shape">The diffusion model's images.</param>
    /// <param name="headChannels">Channels of an attention's head, which the file does not say: 64 in guided-diffusion.</param>
    /// <exception cref="DiffusionException">
    /// The file is none of these, or of images of another size (<see cref="ErrorKind.ModelFile"/>), or the engine gives no derivatives (<see cref="ErrorKind.Usage"/>).
    /// </exception>
    public static Classifier Load(string path, Engine engine, ImageShape shape, int headChannels = ReleasedHeadChannels)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(engine);
        var config = Read(path, shape, headChannels);
        NetworkGraph graph = null!;
        ConfigReader.Check(path, () => graph = EncoderUNet.Build(config));
        using var weights = WeightsReader.Open(
            path, new StateDict(WeightsLayout.Guided, string.Empty, false), graph, _ => name => GuidedClassifierLayout.Name(name, config));
        var made = new Classifier(path, graph, engine(graph, weights.Read));
        try
        {
            Differentiable.Require(made.Network);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>s·∇_x log p(label|x_t), for <see cref="SamplerRequest.Condition"/>.</summary>
    /// <param name="scale">s, a finite number: 1 is the posterior's own gradient, more exaggerates the class.</param>
    /// <exception cref="DiffusionException">s is not finite, and when it is asked: a label is missing or is none of the classes (<see cref="ErrorKind.Usage"/>).</exception>
    public ConditionGradient Gradient(double scale) => double.IsFinite(scale)
        ? (input, gradient) => Differentiate(input, scale, gradient)
        : throw new DiffusionException(ErrorKind.Usage, FormattableString.Invariant($"classifier scale {scale} must be a finite number"));

    /// <inheritdoc/>
    public void Dispose() => Network.Dispose();

    private static EncoderUNetConfig Read(string path, ImageShape shape, int headChannels)
    {
        using var file = TensorFiles.Open(path);
        return GuidedClassifierLayout.Read(path, file.Tensors, shape, headChannels);
    }

    private void Differentiate(DenoiserInput input, double scale, Span<float> gradient)
    {
        var labels = input.Labels.ToArray();
        var wrong = Array.FindIndex(labels, l => l < 0 || l >= Classes);
        if (labels.Length != input.Count || wrong >= 0)
        {
            throw new DiffusionException(ErrorKind.Usage, wrong >= 0
                ? $"label {labels[wrong]} of image {wrong} is none of the {Classes} classes of the classifier {Path}"
                : $"the classifier {Path} leads each image to a class: {input.Count} images need {input.Count} labels, {labels.Length} were given");
        }

        Differentiable.Require(Network).Differentiate(input, new float[input.Count * Classes], (logits, g) => LogSoftmax(logits, labels, scale, g), gradient, []);
    }

    // ∂ log softmax(z)_y/∂z_k = [k = y] - softmax(z)_k.
    private static void LogSoftmax(ReadOnlySpan<float> logits, int[] labels, double scale, Span<float> gradient)
    {
        var classes = logits.Length / labels.Length;
        for (var n = 0; n < labels.Length; n++)
        {
            var z = logits.Slice(n * classes, classes);
            var (largest, sum) = (double.NegativeInfinity, 0.0);
            foreach (var value in z)
            {
                largest = Math.Max(largest, value);
            }

            foreach (var value in z)
            {
                sum += Exponential.Exp(value - largest);
            }

            for (var k = 0; k < classes; k++)
            {
                gradient[(n * classes) + k] = (float)(scale * ((k == labels[n] ? 1 : 0) - (Exponential.Exp(z[k] - largest) / sum)));
            }
        }
    }
}
