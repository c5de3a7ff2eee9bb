using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.Eager;

/// <summary>Downsamples by a convolution of stride 2, or upsamples by the nearest neighbour and a convolution.</summary>
internal sealed class EagerResample : nn.Module<Tensor, Tensor>
{
    private readonly bool down;
    private readonly Conv2d conv;

    public EagerResample(int width, bool down)
        : base(nameof(EagerResample))
    {
        this.down = down;
        conv = down ? nn.Conv2d(width, width, kernel_size: 3, stride: 2) : nn.Conv2d(width, width, kernel_size: 3, padding: 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var h = down ? nn.functional.pad(x, (0, 1, 0, 1)) : nn.functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest);
        return conv.forward(h).MoveToOuterDisposeScope();
    }
}
