using DiffusionSharp.Torch.Ops;
using TorchSharp;
using Xunit;

namespace DiffusionSharp.Torch.Tests.Ops;

public sealed class EmaTests
{
    [TorchTheory]
    [InlineData(true, 0.9999, true)]
    [InlineData(true, 0.999, false)]
    [InlineData(false, 0.9, true)]
    [InlineData(false, 0.9, false)]
    public void Follows_its_definition(bool warmUp, double decay, bool fused)
    {
        var parameters = Sample.Tensors(1);
        using var ema = new Ema(Sample.Named(parameters), decay, warmUp, fused);
        using var factor = 0.95f.ToScalar();
        var shadow = Sample.Values(parameters).Select(x => (double)x).ToArray();
        for (var n = 0; n < 30; n++)
        {
            using (torch.no_grad())
            {
                foreach (var p in parameters)
                {
                    p.mul_(factor);
                }
            }

            ema.Update();
            var mu = warmUp ? Math.Min(decay, (1.0 + n) / (10.0 + n)) : decay;
            var now = Sample.Values(parameters);
            for (var i = 0; i < shadow.Length; i++)
            {
                shadow[i] = (mu * shadow[i]) + ((1 - mu) * now[i]);
            }
        }

        Assert.Equal(30, ema.Updates);
        var values = Sample.Values(ema.Shadows);
        for (var i = 0; i < shadow.Length; i++)
        {
            Assert.Equal(shadow[i], values[i], 1e-6);
        }
    }

    [TorchFact]
    public void The_fused_operation_equals_the_plain_one()
    {
        var (a, b, target) = (Sample.Tensors(2), Sample.Tensors(2), Sample.Tensors(3));
        FusedOps.Lerp_(a, target, 0.3);
        FusedOps.LerpPlain_(b, target, 0.3);
        Assert.InRange(Sample.Difference(a, b), 0, 1e-7);
    }

    [TorchFact]
    public void A_saved_state_continues_with_the_same_bits()
    {
        var parameters = Sample.Tensors(4);
        using var ema = new Ema(Sample.Named(parameters), 0.99);
        using var other = new Ema(Sample.Named(Sample.Tensors(4)), 0.99);
        var unmoved = Sample.Values(other.Shadows);
        HostCopy.Write<float>(new float[1031], parameters[4]);
        ema.Update();
        var state = ema.Export();
        Assert.Equal(["layer0.weight", "layer1.weight", "layer2.weight", "layer3.weight", "layer4.weight"], state.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(unmoved, Sample.Values(other.Shadows));
        other.Import(state, ema.Updates);
        Assert.Equal(Sample.Values(ema.Shadows), Sample.Values(other.Shadows));
        Assert.Equal(1, other.Updates);
    }

    [TorchFact]
    public void Refuses_a_decay_out_of_range()
    {
        var named = Sample.Named(Sample.Tensors(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Ema(named, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Ema(named, double.NaN));
    }
}
