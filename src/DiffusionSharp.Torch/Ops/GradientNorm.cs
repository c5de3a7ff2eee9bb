using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Ops;

/// <summary>The norm of all gradients together, without waiting for the device once per parameter.</summary>
internal static class GradientNorm
{
    /// <summary>The L2 norm over all gradients: a scalar tensor, which the caller disposes. NaN or infinite if any value is.</summary>
    public static Tensor Total(IReadOnlyList<Tensor> gradients)
    {
        using var unused = no_grad();
        Tensor[] g = [.. gradients];
        return g.Length == 0 ? zeros([]) : FusedOps.Available ? FusedOps.Norm(g) : FusedOps.NormPlain(g);
    }

    /// <summary>
    /// Scales the gradients in place by min(1, maxNorm / (norm + 1e-6)), as <c>torch.nn.utils.clip_grad_norm_</c> does,
    /// and returns the norm they had before.
    /// </summary>
    public static Tensor Clip(IReadOnlyList<Tensor> gradients, double maxNorm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxNorm);
        var total = Total(gradients);
        using var unused = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] g = [.. gradients];
        using Scalar aboveZero = 1e-6.ToScalar(), most = maxNorm.ToScalar(), one = 1.0.ToScalar();
        var factor = total.add(aboveZero, one).reciprocal_().mul_(most).clamp_(max: one);
        if (FusedOps.Available)
        {
            FusedOps.Scale_(g, factor);
        }
        else
        {
            FusedOps.ScalePlain_(g, factor);
        }

        return total;
    }
}
