using DiffusionSharp.Networks;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>A class-conditional network that is asked without labels, whatever labels are given.</summary>
/// <param name="network">The network; it is not disposed with this.</param>
/// <param name="nullClass">The label that stands for none.</param>
internal sealed class UnconditionalDenoiser(IDenoiser network, int nullClass) : IDifferentiableDenoiser
{
    public int OutputChannels => network.OutputChannels;

    public void Predict(DenoiserInput input, Span<float> prediction) => network.Predict(input.With(Labels(input.Count)), prediction);

    public void Differentiate(DenoiserInput input, Span<float> prediction, Cotangent cotangent, Span<float> byX, Span<double> byTimesteps) =>
        Differentiable.Require(network).Differentiate(input.With(Labels(input.Count)), prediction, cotangent, byX, byTimesteps);

    private int[] Labels(int count)
    {
        var none = new int[count];
        none.AsSpan().Fill(nullClass);
        return none;
    }
}
