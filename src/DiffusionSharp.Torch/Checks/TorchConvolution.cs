using DiffusionSharp.Torch.Ops;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Checks;

/// <summary>A convolution and its gradients by libtorch, in the way networks use it.</summary>
internal static class TorchConvolution
{
    /// <param name="inputs">The numbers.</param>
    /// <param name="device">Where.</param>
    /// <param name="type">What convolutions are computed in.</param>
    /// <param name="channelsLast">The input's layout.</param>
    public static ConvolutionResults Compute(ConvolutionInputs inputs, Device device, ScalarType type, bool channelsLast)
    {
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var c = inputs.Case;
        var x = Leaf(inputs.Input, c.Input);
        var w = Leaf(inputs.Weights, c.Weights);
        long[] stride = [c.Stride, c.Stride], padding = [c.Padding, c.Padding];
        var laidOut = channelsLast ? x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : x;
        var y = nn.functional.conv2d(laidOut.to(type), w.to(type), null, stride, padding).to(ScalarType.Float32);
        var loss = y.mul(HostCopy.ToTensor<float>(inputs.OutputGradient, c.Output, device)).sum();
        var of = autograd.grad([loss], [x, w]);
        return new(HostCopy.ToHostTensor(y.detach()).Data, HostCopy.ToHostTensor(of[0]).Data, HostCopy.ToHostTensor(of[1]).Data);

        Tensor Leaf(float[] values, long[] shape) => HostCopy.ToTensor<float>(values, shape, device).requires_grad_(true);
    }
}
