using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.Eager;

/// <summary>The sinusoid of t, [sin, cos], and its two layers.</summary>
internal sealed class EagerTime : nn.Module<Tensor, Tensor>
{
    private readonly int dimension;
    private readonly Linear linear_1, linear_2;

    public EagerTime(int dimension, int width)
        : base(nameof(EagerTime))
    {
        this.dimension = dimension;
        (linear_1, linear_2) = (nn.Linear(dimension, width), nn.Linear(width, width));
        RegisterComponents();
    }

    public override Tensor forward(Tensor t)
    {
        using var scope = NewDisposeScope();
        var half = dimension / 2;
        using Scalar end = half.ToScalar(), factor = (-Math.Log(10000) / (half - 1)).ToScalar();
        var frequencies = arange(end, dtype: t.dtype).mul(factor).exp();
        var angles = t.unsqueeze(1).mul(frequencies.unsqueeze(0));
        var h = linear_1.forward(cat([angles.sin(), angles.cos()], 1).to(linear_1.weight!.dtype));
        return linear_2.forward(nn.functional.silu(h)).MoveToOuterDisposeScope();
    }
}
