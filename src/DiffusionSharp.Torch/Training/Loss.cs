using DiffusionSharp.Training.Options;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Training;

/// <summary>The loss of each image of a batch.</summary>
internal static class Loss
{
    /// <summary>Errors of [N, C, H, W] reduced to [N].</summary>
    public static Tensor PerImage(Tensor prediction, Tensor target, LossKind kind, LossReduction reduction)
    {
        var errors = kind switch
        {
            LossKind.L2 => nn.functional.mse_loss(prediction, target, nn.Reduction.None),
            LossKind.L1 => nn.functional.l1_loss(prediction, target, nn.Reduction.None),
            LossKind.Huber => nn.functional.huber_loss(prediction, target, delta: 1, nn.Reduction.None),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown loss"),
        };
        long[] image = [1, 2, 3];
        return reduction == LossReduction.Sum ? errors.sum(image) : errors.mean(image);
    }
}
