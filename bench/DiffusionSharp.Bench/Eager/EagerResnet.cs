using DiffusionSharp.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.Eager;

/// <summary>A residual block.</summary>
internal sealed class EagerResnet : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly GroupNorm norm1, norm2;
    private readonly Conv2d conv1, conv2;
    private readonly Linear time_emb_proj;
    private readonly Conv2d? conv_shortcut;

    public EagerResnet(UNetConfig config, int input, int width)
        : base(nameof(EagerResnet))
    {
        norm1 = nn.GroupNorm(config.NormNumGroups, input, config.NormEps);
        conv1 = nn.Conv2d(input, width, kernel_size: 3, padding: 1);
        time_emb_proj = nn.Linear(config.TimeEmbedDim, width);
        norm2 = nn.GroupNorm(config.NormNumGroups, width, config.NormEps);
        conv2 = nn.Conv2d(width, width, kernel_size: 3, padding: 1);
        conv_shortcut = input == width ? null : nn.Conv2d(input, width, kernel_size: 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor time)
    {
        using var scope = NewDisposeScope();
        var h = conv1.forward(nn.functional.silu(norm1.forward(x)));
        h = h.add(time_emb_proj.forward(nn.functional.silu(time)).unsqueeze(-1).unsqueeze(-1), EagerBlock.One);
        h = conv2.forward(nn.functional.silu(norm2.forward(h)));
        return (conv_shortcut?.forward(x) ?? x).add(h, EagerBlock.One).MoveToOuterDisposeScope();
    }
}
