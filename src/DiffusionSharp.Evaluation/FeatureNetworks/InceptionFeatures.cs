using DiffusionSharp.Files;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>The features of the Fréchet distance, from the weights that pytorch-fid uses.</summary>
public static class InceptionFeatures
{
    /// <summary>The name of pytorch-fid's file, which ends with the first digits of its SHA-256.</summary>
    public const string FileName = "pt_inception-2015-12-05-6726825d.pth";

    private const string FileHash = "6726825d";

    /// <summary>Loads the network.</summary>
    /// <param name="path">The weights: pytorch-fid's file, or any file of tensors with the same names.</param>
    /// <param name="engine">What computes it, such as <c>CpuEngine.Default</c>.</param>
    /// <param name="output">Where the network ends.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: a file that cannot be read, lacks a tensor or has one of another shape, or has
    /// the well-known name and other bytes.</exception>
    public static FeatureNetwork Load(string path, Engine engine, InceptionOutput output = InceptionOutput.Features)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(engine);
        using var file = TensorFiles.Open(path);
        var hash = Hash(path);
        if (Path.GetFileName(path) == FileName && !hash.StartsWith(FileHash, StringComparison.Ordinal))
        {
            throw new DiffusionException(
                ErrorKind.ModelFile, $"model file '{path}': its SHA-256 begins with {hash[..FileHash.Length]}, that of {FileName} with {FileHash}: fetch it again");
        }

        return Create(engine, output, name => file.ReadFloat32(name), hash);
    }

    /// <summary>Makes the network of tensors.</summary>
    /// <param name="engine">What computes it.</param>
    /// <param name="output">Where it ends.</param>
    /// <param name="tensors">Reads a tensor by pytorch-fid's name.</param>
    /// <param name="weightsHash">SHA-256 of the weights.</param>
    internal static FeatureNetwork Create(Engine engine, InceptionOutput output, Func<string, HostTensor> tensors, string weightsHash)
    {
        var graph = InceptionNetwork.Build(output);
        return new FeatureNetwork("inception-v3", weightsHash, graph, engine(graph, p => InceptionWeights.Read(p, tensors)), Prepare);
    }

    private static void Prepare(ReadOnlySpan<byte> image, ImageShape shape, Span<float> destination)
    {
        InceptionResize.Resize(image, shape, destination);
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = (2 * destination[i]) - 1;
        }
    }

    private static string Hash(string path)
    {
        try
        {
            return Sha256.ComputeFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiffusionException(ErrorKind.ModelFile, $"model file '{path}' cannot be read: {e.Message}", e);
        }
    }
}
