using Conformance.Networks;
using TestKit;

namespace Conformance.Training;

/// <summary>03_grads: the loss of the reference and every gradient of a network that depends on t.</summary>
public class GradientGoldens
{
    public static TheoryData<string, bool> Cases => new(GoldenRuns.CasesOf("03_grads").SelectMany(_ => (bool[])[false, true], (c, split) => (c, split)));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Cases))]
    public void Loss_and_gradients_agree(string name, bool inUnequalParts)
    {
        var golden = new GoldenCase(name);
        var model = new ErmongroupModel(golden);
        var batch = GoldenTraining.Batch(golden, model.Schedule);
        using var network = TrainingNetworks.Create(
            model.Graph, GoldenTraining.Options(golden, updates: 1) with { MicroBatch = inUnequalParts ? batch.Count - 1 : batch.Count }, p => model.Weights[p.Name]);
        var (loss, norm, gradients) = TrainingNetworks.Gradients(network, batch);
        Assert.Equal(1, loss / golden.Json.GetProperty("loss_f64").GetDouble(), golden.Json.GetProperty("tolerance").GetProperty("loss_rel").GetDouble());
        Assert.Equal(1, norm / golden.Json.GetProperty("grad_norm_f64").GetDouble(), 1e-5);

        Assert.Equal(model.Graph.Parameters.Select(p => p.Name).Order(), gradients.Keys.Order());
        var expected = ErmongroupModel.Read(golden.Path("grads.safetensors"), string.Empty, model.Config);
        var dead = model.Dead(golden);
        foreach (var (parameter, gradient) in gradients)
        {
            var actual = gradient.Data;
            if (dead.Contains(parameter))
            {
                Assert.All(actual, v => Assert.Equal(0, v, golden.Json.GetProperty("tolerance").GetProperty("grads_abs").GetDouble()));
            }
            else
            {
                var difference = Relative.MaxDifference(actual, [.. expected[parameter].Data.Select(v => (double)v)]);
                Assert.True(difference <= 1e-4, $"{parameter}: {difference:G3} of the largest value, 1e-4 allowed");
            }
        }
    }
}
