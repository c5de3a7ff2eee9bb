using DiffusionSharp.Torch.Ops;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Tests.Ops;

public sealed class FusedAdamTests
{
    public static TheoryData<bool, double, bool> Variants => new()
    {
        { true, 0, true }, { true, 0, false }, { true, 0.05, true }, { true, 0.05, false },
        { false, 0, true }, { false, 0, false }, { false, 0.05, true }, { false, 0.05, false },
    };

    [TorchFact]
    public void The_scripts_are_in_use() => Assert.True(FusedOps.Available, $"the scripts are not checked with libtorch {__version__}");

    [TorchTheory]
    [MemberData(nameof(Variants))]
    public void Equals_TorchSharps_optimiser(bool decoupled, double weightDecay, bool fused)
    {
        var options = new AdamOptions { Beta1 = 0.85, Beta2 = 0.97, Epsilon = 1e-6, WeightDecay = weightDecay, Decoupled = decoupled };
        var ours = Sample.Tensors(1);
        var theirs = ours.Select(p => new Parameter(p.clone())).ToArray();
#pragma warning disable RS0030 // the peer to compare with
        using optim.Optimizer peer = decoupled
            ? optim.AdamW(theirs, 1e-2, 0.85, 0.97, 1e-6, weightDecay)
            : optim.Adam(theirs, 1e-2, 0.85, 0.97, 1e-6, weightDecay);
#pragma warning restore RS0030
        using var adam = new FusedAdam(Sample.Named(ours), options, fused);
        for (var k = 0; k < 12; k++)
        {
            var gradients = Sample.Tensors(100 + k, 0.1f);
            for (var i = 0; i < theirs.Length; i++)
            {
                theirs[i].grad = gradients[i].clone();
            }

            var lr = 1e-2 / (1 + k);
            foreach (var group in peer.ParamGroups)
            {
                group.LearningRate = lr;
            }

            peer.step();
            adam.Step(gradients, lr);
        }

        Assert.Equal(12, adam.Steps);
        Assert.InRange(Sample.Difference(ours, theirs), 0, 2.5e-7);
    }

    [TorchTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_fused_operation_equals_the_plain_one(bool decoupled)
    {
        var options = new AdamOptions { WeightDecay = 0.01, Decoupled = decoupled };
        var (a, b) = (Sample.Tensors(2, 0.5f), Sample.Tensors(2, 0.5f));
        using var fused = new FusedAdam(Sample.Named(a), options);
        using var plain = new FusedAdam(Sample.Named(b), options, fused: false);
        for (var k = 0; k < 5; k++)
        {
            fused.Step(Sample.Tensors(50 + k), 2e-4);
            plain.Step(Sample.Tensors(50 + k), 2e-4);
        }

        Assert.InRange(Sample.Difference(a, b), 0, 1e-7);
    }

    // Adam's first step is -lr sign(g) whatever g's size (Kingma and Ba 2015, section 2.1).
    [TorchFact]
    public void The_first_step_has_the_learning_rates_size()
    {
        var parameters = Sample.Tensors(3);
        var before = Sample.Values(parameters);
        var gradients = Sample.Tensors(4);
        using var adam = new FusedAdam(Sample.Named(parameters), new AdamOptions());
        adam.Step(gradients, 1e-3);
        var after = Sample.Values(parameters);
        var signs = Sample.Values(gradients).Select(MathF.Sign).ToArray();
        for (var i = 0; i < before.Length; i++)
        {
            Assert.Equal(-1e-3 * signs[i], after[i] - before[i], 1e-6);
        }
    }

    [TorchFact]
    public void Strides_of_a_gradient_do_not_matter()
    {
        var (a, b) = (Sample.Tensors(5), Sample.Tensors(5));
        var gradients = Sample.Tensors(6);
        var strided = gradients.ToArray();
        strided[0] = gradients[0].permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        strided[3] = gradients[3].t().contiguous().t();
        Assert.False(strided[0].is_contiguous());
        using var one = new FusedAdam(Sample.Named(a), new AdamOptions());
        using var two = new FusedAdam(Sample.Named(b), new AdamOptions());
        one.Step(gradients, 1e-2);
        two.Step(strided, 1e-2);
        Assert.Equal(Sample.Values(a), Sample.Values(b));
    }

    [TorchFact]
    public void A_saved_state_continues_with_the_same_bits()
    {
        var straight = Sample.Tensors(7);
        using var adam = new FusedAdam(Sample.Named(straight), new AdamOptions { WeightDecay = 0.01 });
        for (var k = 0; k < 3; k++)
        {
            adam.Step(Sample.Tensors(20 + k), 1e-3);
        }

        var resumed = straight.Select(p => p.clone()).ToArray();
        using var other = new FusedAdam(Sample.Named(resumed), adam.Options);
        other.Import(adam.Export(), adam.Steps);
        for (var k = 3; k < 6; k++)
        {
            adam.Step(Sample.Tensors(20 + k), 1e-3);
            other.Step(Sample.Tensors(20 + k), 1e-3);
        }

        Assert.Equal(Sample.Values(straight), Sample.Values(resumed));
        Assert.Equal(adam.Steps, other.Steps);
    }

    [TorchFact]
    public void A_state_of_another_network_is_refused_whole()
    {
        using var adam = new FusedAdam(Sample.Named(Sample.Tensors(8)), new AdamOptions());
        adam.Step(Sample.Tensors(9), 1e-3);
        var state = new Dictionary<string, DiffusionSharp.HostTensor>(adam.Export(), StringComparer.Ordinal);
        using var other = new FusedAdam(Sample.Named(Sample.Tensors(8)), new AdamOptions());
        state["exp_avg_sq.layer4.weight"] = new([1], [1f]);
        var error = Assert.Throws<DiffusionException>(() => other.Import(state, 1));
        Assert.Equal(ErrorKind.ModelFile, error.Kind);
        Assert.Contains("exp_avg_sq.layer4.weight has shape [1], the network needs [1031]", error.Message, StringComparison.Ordinal);
        state.Remove("exp_avg.layer1.weight");
        Assert.Contains("exp_avg.layer1.weight [8] is missing", Assert.Throws<DiffusionException>(() => other.Import(state, 1)).Message, StringComparison.Ordinal);
        Assert.Equal(0, other.Steps);
        Assert.All(other.Export().Values, t => Assert.All(t.Data, x => Assert.Equal(0, x)));
    }

    [TorchFact]
    public void Gradients_that_do_not_fit_are_refused()
    {
        using var adam = new FusedAdam(Sample.Named(Sample.Tensors(8)), new AdamOptions());
        var g = Sample.Tensors(9);
        Assert.Throws<ArgumentException>(() => adam.Step(g[..2], 1e-3));
        Assert.Throws<ArgumentException>(() => adam.Step([g[0].reshape(4, 8, 3, 3), .. g[1..]], 1e-3));
        Assert.Throws<ArgumentException>(() => adam.Step([g[0].to(ScalarType.BFloat16), .. g[1..]], 1e-3));
        Assert.Throws<ArgumentException>(() => adam.Step([null!, .. g[1..]], 1e-3));
        Assert.Equal(0, adam.Steps);
    }
}
