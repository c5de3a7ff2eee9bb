using DiffusionSharp.Torch.Ops;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Tests.Ops;

public sealed class GradientNormTests
{
    [TorchFact]
    public void Is_the_norm_of_all_values_together()
    {
        var g = Sample.Tensors(1);
        var expected = Math.Sqrt(Sample.Values(g).Sum(x => (double)x * x));
        using var total = GradientNorm.Total(g);
        using var plain = FusedOps.NormPlain(g);
        Assert.Equal(1, total.item<float>() / expected, 1e-6);
        Assert.Equal(total.item<float>(), plain.item<float>(), 1e-7 * expected);
        using var none = GradientNorm.Total([]);
        Assert.Equal(0, none.item<float>());
    }

    [TorchTheory]
    [InlineData(0.5)]
    [InlineData(1000)]
    public void Clips_as_torch_does(double maxNorm)
    {
        var (ours, start) = (Sample.Tensors(2), Sample.Tensors(2));
        var theirs = start.Select(p =>
        {
            var q = new Parameter(zeros_like(p));
            q.grad = p.clone();
            return q;
        }).ToArray();
        var expected = nn.utils.clip_grad_norm_(theirs, maxNorm);
        using var norm = GradientNorm.Clip(ours, maxNorm);
        Assert.Equal(1, norm.item<float>() / expected, 1e-6);
        Assert.InRange(Sample.Difference(ours, theirs.Select(q => q.grad!)), 0, 1e-7);
        Assert.Equal(maxNorm > expected, Sample.Values(ours).SequenceEqual(Sample.Values(start)));
    }

    [TorchFact]
    public void The_fused_scaling_equals_the_plain_one()
    {
        var (a, b) = (Sample.Tensors(3), Sample.Tensors(3));
        using var factor = tensor(0.37f);
        FusedOps.Scale_(a, factor);
        FusedOps.ScalePlain_(b, factor);
        Assert.InRange(Sample.Difference(a, b), 0, 1e-7);
    }

    [TorchTheory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void One_bad_value_shows(float bad)
    {
        var g = Sample.Tensors(4);
        HostCopy.Write<float>([bad], g[2]);
        using var total = GradientNorm.Total(g);
        Assert.False(float.IsFinite(total.item<float>()));
    }
}
