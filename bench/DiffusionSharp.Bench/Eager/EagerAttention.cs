using DiffusionSharp.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.Eager;

/// <summary>Self-attention over the pixels with one head, by libtorch's own scaled_dot_product_attention.</summary>
internal sealed class EagerAttention : nn.Module<Tensor, Tensor>
{
    private readonly GroupNorm group_norm;
    private readonly Linear to_q, to_k, to_v;
    private readonly ModuleList<Linear> to_out;

    public EagerAttention(UNetConfig config, int width)
        : base(nameof(EagerAttention))
    {
        group_norm = nn.GroupNorm(config.NormNumGroups, width, config.NormEps);
        (to_q, to_k, to_v) = (nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width));
        to_out = nn.ModuleList(nn.Linear(width, width));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var h = group_norm.forward(x).flatten(2).transpose(1, 2);
        var (q, k, v) = (to_q.forward(h), to_k.forward(h), to_v.forward(h));
        h = nn.functional.scaled_dot_product_attention(q.unsqueeze(1), k.unsqueeze(1), v.unsqueeze(1)).squeeze(1);
        h = to_out[0].forward(h).transpose(1, 2).reshape(x.shape);
        return x.add(h, EagerBlock.One).MoveToOuterDisposeScope();
    }
}
