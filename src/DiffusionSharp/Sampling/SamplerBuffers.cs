namespace DiffusionSharp.Sampling;

/// <summary>The working memory of one run, made once.</summary>
internal sealed class SamplerBuffers
{
    public SamplerBuffers(IDenoiser denoiser, SamplingPlan plan, SamplerRequest request)
    {
        var elements = request.Shape.Elements;
        var batch = Math.Min(request.BatchSize, request.Count);
        OutputElements = checked(denoiser.OutputChannels * request.Shape.Height * request.Shape.Width);
        Input = new float[checked(batch * elements)];
        Output = new float[checked(batch * OutputElements)];
        X0 = new double[checked(batch * elements)];
        Timesteps = new double[batch];
        M = new double[elements];
        Z = new double[plan.Steps.Any(s => s.Sigma != 0) ? elements : 0];
    }

    public int OutputElements { get; }

    public float[] Input { get; }

    public float[] Output { get; }

    public double[] X0 { get; }

    public double[] Timesteps { get; }

    public double[] M { get; }

    public double[] Z { get; }
}
