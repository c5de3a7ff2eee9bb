namespace DiffusionSharp.Sampling;

/// <summary>The working memory of one run, made once: what the network takes and gives, and the registers of a plan's steps.</summary>
internal sealed class SamplerRegisters
{
    private readonly double[][] history;
    private int kept;

    public SamplerRegisters(IDenoiser denoiser, SamplingPlan plan, SamplerRequest request)
    {
        var elements = request.Shape.Elements;
        var batch = Math.Min(request.BatchSize, request.Count);
        var values = checked(batch * elements);
        OutputElements = checked(denoiser.OutputChannels * request.Shape.Height * request.Shape.Width);
        Input = new float[values];
        Output = new float[checked(batch * OutputElements)];
        X0 = new double[values];
        Timesteps = new double[batch];
        Saved = plan.Steps.Any(s => s.Saves) ? new double[values] : [];
        Residuals = new double[batch];
        M = new double[elements];
        Next = new double[elements];
        Work = new double[elements];

        // One more than is read: a step keeps its own d while it reads those before.
        var slots = plan.Steps.Any(s => s.Keeps) ? plan.HistoryLength + 1 : 0;
        history = [.. Enumerable.Range(0, slots).Select(_ => new double[values])];
    }

    public int OutputElements { get; }

    public float[] Input { get; }

    public float[] Output { get; }

    public double[] X0 { get; }

    public double[] Timesteps { get; }

    /// <summary>The x that a step saved.</summary>
    public double[] Saved { get; }

    /// <summary>Of each image, how far the last repetition of a fixed point moved it.</summary>
    public double[] Residuals { get; }

    public double[] M { get; }

    /// <summary>One image: x after the step.</summary>
    public double[] Next { get; }

    /// <summary>One image: first the order statistics of a threshold, then the noise.</summary>
    public double[] Work { get; }

    /// <summary>Where this step's d goes.</summary>
    public double[] Keeping => history[kept % history.Length];

    /// <summary>The d kept back calls ago, from 1.</summary>
    public double[] Kept(int back) => history[(kept - back) % history.Length];

    /// <summary>The d of this step becomes that of 1 call ago.</summary>
    public void Keep() => kept++;

    /// <summary>Forgets all d: another batch begins.</summary>
    public void Clear() => kept = 0;
}
