using DiffusionSharp.Networks;
using Microsoft.ML.OnnxRuntime;

namespace DiffusionSharp.Cli.Optional;

/// <summary>A file of DiffusionSharp.Onnx in ONNX Runtime, on the processor.</summary>
internal sealed class OnnxRuntimeModel : IDenoiser
{
    private readonly InferenceSession session;
    private readonly RunOptions run = new();
    private readonly string output;
    private readonly bool takesLabels;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="threads">Threads of one call; 0 takes all cores.</param>
    /// <exception cref="DiffusionException">ONNX Runtime cannot be loaded, or does not take the file.</exception>
    public OnnxRuntimeModel(string path, int threads = 0)
    {
        try
        {
            using var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };

            // Its threads wait actively between the nodes of a call, but not after it: others have work to do then.
            options.AddSessionConfigEntry("session.force_spinning_stop", "1");
            session = new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new DiffusionException(ErrorKind.ModelFile, $"ONNX Runtime does not take {path}: {e.Message}", e);
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException)
        {
            throw new DiffusionException(
                ErrorKind.Device,
                $"this build has no ONNX Runtime that can be loaded here, which --check needs: {path} is written; a ddim built with -p:OnnxRuntime=true checks it ({(e.InnerException ?? e).Message.ReplaceLineEndings(" ")})",
                e);
        }

        output = session.OutputNames[0];
        takesLabels = session.InputNames.Contains("labels");
    }

    /// <inheritdoc/>
    public int OutputChannels => session.OutputMetadata[output].Dimensions[1];

    /// <inheritdoc/>
    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        using var t = OrtValue.CreateTensorValueFromMemory(input.Timesteps.ToArray(), [input.Count]);
        Run(input, "x", prediction, ("t", t));
    }

    /// <summary>Runs an exported sampler, whose timesteps are its own.</summary>
    /// <param name="noise">x_T, and the labels.</param>
    /// <param name="images">Receives the images, [N, C, H, W].</param>
    public void Sample(DenoiserInput noise, Span<float> images) => Run(noise, "noise", images);

    /// <inheritdoc/>
    public void Dispose()
    {
        run.Dispose();
        session.Dispose();
    }

    private void Run(DenoiserInput input, string name, Span<float> result, params (string Name, OrtValue Value)[] more)
    {
        using var x = OrtValue.CreateTensorValueFromMemory(input.X.ToArray(), [input.Count, input.Shape.Channels, input.Shape.Height, input.Shape.Width]);
        using var labels = OrtValue.CreateTensorValueFromMemory([.. input.Labels.ToArray().Select(l => (long)l)], [input.Labels.Length]);
        List<(string Name, OrtValue Value)> inputs = [(name, x), .. more];
        if (takesLabels)
        {
            inputs.Add(("labels", labels));
        }

        using var results = session.Run(run, [.. inputs.Select(i => i.Name)], [.. inputs.Select(i => i.Value)], [output]);
        results[0].GetTensorDataAsSpan<float>().CopyTo(result);
    }
}
