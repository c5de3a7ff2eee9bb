namespace DiffusionSharp.Sampling.Execution;

/// <summary>What a step came to, after each that called the network. The spans are the sampler's own buffers: copy what must outlive the call.</summary>
public readonly ref struct SampledStep
{
    /// <summary>Which step, of which images.</summary>
    public required SamplerProgress Progress { get; init; }

    /// <summary>x after the step, [B, C, H, W] of the batch's B images.</summary>
    public required ReadOnlySpan<double> X { get; init; }

    /// <summary>The prediction of x0 after its treatment, [B, C, H, W].</summary>
    public required ReadOnlySpan<double> X0 { get; init; }
}
