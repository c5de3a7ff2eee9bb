using DiffusionSharp.Training.Options;

namespace TestKit.Networks;

/// <summary>The loss of one image in float64.</summary>
public static class ReferenceLoss
{
    /// <summary>The loss and its derivative by each predicted value.</summary>
    public static (double Loss, double[] Gradient) Compute(ReadOnlySpan<double> prediction, ReadOnlySpan<double> target, LossKind kind, LossReduction reduction)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Length, prediction.Length);
        var part = reduction switch
        {
            LossReduction.Mean => 1.0 / prediction.Length,
            LossReduction.Sum => 1,
            _ => throw new NotSupportedException($"{reduction}"),
        };
        var (loss, gradient) = (0.0, new double[prediction.Length]);
        for (var i = 0; i < gradient.Length; i++)
        {
            var d = prediction[i] - target[i];
            var (error, slope) = kind switch
            {
                LossKind.L2 => (d * d, 2 * d),
                LossKind.L1 => (Math.Abs(d), (double)Math.Sign(d)),
                LossKind.Huber => Math.Abs(d) <= 1 ? (d * d / 2, d) : (Math.Abs(d) - 0.5, Math.Sign(d)),
                _ => throw new NotSupportedException($"{kind}"),
            };
            (loss, gradient[i]) = (loss + (part * error), part * slope);
        }

        return (loss, gradient);
    }
}
