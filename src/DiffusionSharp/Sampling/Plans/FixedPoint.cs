namespace DiffusionSharp.Sampling.Plans;

/// <summary>
/// Each step of the plan is an equation x' = F(x') instead of a formula: it is repeated, with the network called at its own result, until the
/// result stands still.
/// </summary>
/// <param name="Tolerance">An image is done when the root mean square of x' - x is not above this.</param>
/// <param name="MostCalls">Network calls after which a step ends in any case.</param>
public sealed record FixedPoint(double Tolerance = 1e-4, int MostCalls = 20);
