namespace DiffusionSharp.Sampling;

/// <summary>The working memory of one run, made once.</summary>
internal sealed class SamplerBuffers
{
    public SamplerBuffers(IDenoiser denoiser, SamplerRequest request)
    {
        var elements = request.Shape.Elements;
        var batch = Math.Min(request.BatchSize, request.Count);
        OutputElements = checked(denoiser.OutputChannels * request.Shape.Height * request.Shape.Width);
        Input = new float[checked(batch * elements)];
        Output = new float[checked(batch * OutputElements)];
        X0 = new double[checked(batch * elements)];
        Timesteps = new double[batch];
        M = new double[elements];
        Work = new double[elements];
    }

    public int OutputElements { get; }

    public float[] Input { get; }

    public float[] Output { get; }

    public double[] X0 { get; }

    public double[] Timesteps { get; }

    public double[] M { get; }

    /// <summary>One image: first the order statistics of a threshold, then the noise.</summary>
    public double[] Work { get; }
}
