using DiffusionSharp.Networks;

namespace DiffusionSharp.Cli.Optional;

/// <summary>Stands for ONNX Runtime in a build without it.</summary>
internal sealed class OnnxRuntimeModel : IDenoiser
{
    public OnnxRuntimeModel(string path, int threads = 0) => throw new DiffusionException(
        ErrorKind.Device,
        $"this build has no ONNX Runtime, which --check needs: {path} is written, check it with the ordinary build of ddim");

    public int OutputChannels => 0;

    public void Predict(DenoiserInput input, Span<float> prediction)
    {
    }

    public void Sample(DenoiserInput noise, Span<float> images) => Predict(noise, images);

    public void Dispose()
    {
    }
}
