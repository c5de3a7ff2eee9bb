using Conformance.Networks;
using DiffusionSharp.Torch.Ops;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Weights;
using TestKit;

namespace Conformance.Training;

/// <summary>03_grads: the loss of the reference and every gradient of a network that depends on t.</summary>
public class GradientGoldens
{
    [TorchTheory]
    [InlineData(4)]
    [InlineData(3)]
    public void Loss_and_gradients_agree(int microBatch)
    {
        Assert.SkipUnless(Shared.Exists, Shared.Missing);
        var golden = new GoldenCase("03_grads_ch32_m21_16px");
        var model = new ErmongroupModel(golden, "../01_unet_ch32_m21_r1_a8_16px/model.safetensors");
        using var step = new TrainingStep(model.Graph, GoldenTraining.Options with { MicroBatch = microBatch }, model.Weights);
        var (loss, gradients) = step.LossAndGradients(GoldenTraining.Batch(golden), 0);
        Assert.Equal(1, loss / golden.Json.GetProperty("loss_f64").GetDouble(), golden.Json.GetProperty("tolerance").GetProperty("loss_rel").GetDouble());
        Assert.Equal(1, GradientNorm.Total(gradients).item<float>() / golden.Json.GetProperty("grad_norm_f64").GetDouble(), 1e-5);

        var expected = ErmongroupModel.Read(golden.Path("grads.safetensors"), string.Empty, model.Config);
        var dead = model.Dead(golden);
        foreach (var (name, gradient) in model.Graph.Parameters.Select(p => p.Name).Zip(gradients))
        {
            var actual = HostCopy.ToHostTensor(gradient).Data;
            if (dead.Contains(name))
            {
                Assert.All(actual, v => Assert.Equal(0, v, golden.Json.GetProperty("tolerance").GetProperty("grads_abs").GetDouble()));
            }
            else
            {
                var difference = Relative.MaxDifference(actual, [.. expected[name].Data.Select(v => (double)v)]);
                Assert.True(difference <= 1e-4, $"{name}: {difference:G3} of the largest value, 1e-4 allowed");
            }

            gradient.Dispose();
        }
    }
}
