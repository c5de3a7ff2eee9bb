using DiffusionSharp.Torch.Ops;
using DiffusionSharp.Training.Objectives;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Engine;

/// <summary>What dropout keeps in an update, whatever the micro-batches are in which its batch goes through the network.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Step">The update.</param>
/// <param name="First">Place in the batch of the micro-batch's first image.</param>
internal sealed record DropoutFactors(ulong Seed, long Step, int First)
{
    /// <summary>The factors of a node's values [N, C, H, W], on their device and in their type.</summary>
    public Tensor Factors(Tensor values, int node, double probability)
    {
        var (images, channels, height, width) = (values.shape[0], values.shape[1], values.shape[2], values.shape[3]);
        var factors = new float[values.numel()];
        var each = factors.Length / (int)images;
        for (var i = 0; i < images; i++)
        {
            DropoutMask.Fill(Seed, Step, First + i, node, probability, 0, factors.AsSpan(i * each, each));
        }

        return HostCopy.ToTensor<float>(factors, [images, height, width, channels], values.device).permute(0, 3, 1, 2).to(values.dtype);
    }
}
