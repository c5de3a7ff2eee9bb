namespace DiffusionSharp.Torch.Checks;

/// <summary>A convolution, and the gradients of the inner product of its output with given numbers; all in C order.</summary>
internal sealed record ConvolutionResults(float[] Output, float[] InputGradient, float[] WeightGradient)
{
    /// <summary>Each with its name.</summary>
    public IEnumerable<(string Name, float[] Values)> Parts =>
        [("output", Output), ("gradient of the input", InputGradient), ("gradient of the weights", WeightGradient)];
}
