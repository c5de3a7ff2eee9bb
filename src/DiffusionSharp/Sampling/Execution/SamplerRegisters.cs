using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>
/// The working memory of one run, made once: what the network takes and gives of a batch, and the registers of a plan's steps. Refused
/// before it is taken where there is not as much.
/// </summary>
internal sealed class SamplerRegisters
{
    private readonly double[][] history;
    private int kept;

    public SamplerRegisters(IDenoiser denoiser, SamplingPlan plan, SamplerRequest request)
    {
        var elements = request.Shape.Elements;
        var batch = Math.Min(request.BatchSize, request.Drawn);
        OutputElements = (request.Shape with { Channels = denoiser.OutputChannels }).Elements;
        var outputs = MemoryNeed.Length(
            (double)batch * OutputElements, $"a batch of {batch} predictions of {OutputElements} values", "choose a smaller batch");
        var values = MemoryNeed.Length((double)batch * elements, $"a batch of {batch} images of {request.Shape}", "choose a smaller batch");

        // One more than is read: a step keeps its own d while it reads those before.
        var slots = plan.Steps.Any(s => s.Keeps) ? plan.HistoryLength + 1 : 0;
        var saves = plan.Steps.Any(s => s.Saves);
        var guided = plan.IsGuided ? values : 0;
        var doubles = ((guided > 0 ? 4.0 : 3.0) * elements) + (values * (2.0 + slots + (saves ? 1 : 0)));
        MemoryNeed.Require(
            (sizeof(double) * doubles) + (sizeof(float) * ((double)values + guided + outputs)),
            $"batches of {batch} images of {request.Shape}",
            "choose a smaller batch, or smaller images");
        Input = new float[values];
        Output = new float[outputs];
        X0 = new double[values];
        Timesteps = new double[batch];
        Labels = new int[request.Labels is null ? 0 : batch];
        Saved = saves ? new double[values] : [];
        Residuals = new double[batch];
        M = new double[elements];
        Next = new double[elements];
        Work = new double[elements];
        Gradient = new float[guided];
        G = new double[guided > 0 ? elements : 0];
        history = [.. Enumerable.Range(0, slots).Select(_ => new double[values])];
    }

    public int OutputElements { get; }

    public float[] Input { get; }

    public float[] Output { get; }

    public double[] X0 { get; }

    public double[] Timesteps { get; }

    public int[] Labels { get; }

    /// <summary>The x that a step saved.</summary>
    public double[] Saved { get; }

    /// <summary>Of each image, how far the last repetition of a fixed point moved it.</summary>
    public double[] Residuals { get; }

    public double[] M { get; }

    /// <summary>The condition's, of the batch; empty without one.</summary>
    public float[] Gradient { get; }

    /// <summary>One image: the same.</summary>
    public double[] G { get; }

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
