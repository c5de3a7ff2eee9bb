using DiffusionSharp.Torch.Ops;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Tests.Ops;

public sealed class TrainingStepTests
{
    [TorchTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Two_hundred_steps_leave_no_tensor_behind(bool fused)
    {
        using var weight = new Parameter(Weights());
        var named = new Dictionary<string, Tensor> { ["w"] = weight };
        using var adam = new FusedAdam(named, new AdamOptions { WeightDecay = 0.1 }, fused);
        using var ema = new Ema(named, 0.99, fused: fused);
        Step(weight, adam, ema);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var k = 0; k < 200; k++)
        {
            Step(weight, adam, ema);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TorchFact]
    public void The_state_outlives_the_scope_it_was_made_in()
    {
        using var weight = new Parameter(Weights());
        FusedAdam adam;
        Ema ema;
        using (NewDisposeScope())
        {
            var named = new Dictionary<string, Tensor> { ["w"] = weight };
            (adam, ema) = (new FusedAdam(named, new AdamOptions()), new Ema(named, 0.5));
        }

        Step(weight, adam, ema);
        Assert.Equal(2, adam.Export().Count);
        adam.Dispose();
        ema.Dispose();
    }

    [TorchFact]
    public void The_same_steps_give_the_same_bits()
    {
        static float[] Run()
        {
            using var weight = new Parameter(Weights());
            var named = new Dictionary<string, Tensor> { ["w"] = weight };
            using var adam = new FusedAdam(named, new AdamOptions());
            using var ema = new Ema(named, 0.99);
            for (var k = 0; k < 20; k++)
            {
                Step(weight, adam, ema);
            }

            return [.. HostCopy.ToHostTensor(weight).Data, .. Sample.Values(ema.Shadows)];
        }

        Assert.Equal(Run(), Run());
    }

    // backward, clip, optimiser, average: the way a trainer uses them
    private static void Step(Parameter weight, FusedAdam adam, Ema ema)
    {
        using var goal = 1.ToScalar();
        using (NewDisposeScope())
        {
            var difference = weight.sub(goal);
            var loss = difference.mul(difference).sum();
            Tensor[] gradients = [.. autograd.grad([loss], [weight])];
            GradientNorm.Clip(gradients, 1.0).item<float>();
            adam.Step(gradients, 1e-2);
        }

        ema.Update();
    }

    private static Tensor Weights() => HostCopy.ToTensor<float>([.. Enumerable.Range(0, 4000).Select(i => MathF.Sin(i))], [4000]);
}
