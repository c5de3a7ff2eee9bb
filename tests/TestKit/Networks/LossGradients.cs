namespace TestKit.Networks;

/// <summary>A batch's loss with its derivatives.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Parameters">∂loss/∂parameter by name, in the parameters' order of values; zeros where the loss does not depend on one.</param>
/// <param name="X">∂loss/∂x, [N, C, H, W].</param>
/// <param name="Nodes">For each image, ∂loss/∂value of each node, [C, H, W]; null where the loss does not depend on a node.</param>
public sealed record LossGradients(double Loss, IReadOnlyDictionary<string, double[]> Parameters, double[] X, IReadOnlyList<double[]?[]> Nodes)
{
    /// <summary>The L2 norm of all parameters' gradients together.</summary>
    public double Norm => Math.Sqrt(Parameters.Values.Sum(g => Rows.Dot(g, g)));
}
