using Conformance.Networks;
using TestKit;
using TestKit.Networks;

namespace Conformance.Training;

/// <summary>03_grads and 03_train: the float64 gradients that engines are measured against, against those of the reference.</summary>
public class ReferenceGradientGoldens
{
    public static TheoryData<string> Gradients => new(GoldenRuns.CasesOf("03_grads"));

    public static TheoryData<string> Training => new(GoldenRuns.CasesOf("03_train"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Gradients))]
    public void Every_gradient_agrees(string name)
    {
        var golden = new GoldenCase(name);
        var model = new ErmongroupModel(golden);
        var gradients = Compute(golden, model);
        Assert.Equal(1, gradients.Loss / golden.Json.GetProperty("loss_f64").GetDouble(), 1e-7);
        Assert.Equal(1, gradients.Norm / golden.Json.GetProperty("grad_norm_f64").GetDouble(), 1e-7);
        var expected = ErmongroupModel.Read(golden.Path("grads.safetensors"), string.Empty, model.Config);
        AssertAgree(gradients, expected.ToDictionary(p => p.Key, p => Array.ConvertAll(p.Value.Data, v => (double)v)), model.Dead(golden), 2e-5);
    }

    // After the first update the moments are (1-β₁)·g of the clipped gradient.
    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Training))]
    public void Losses_norms_and_the_first_moments_agree(string name)
    {
        var golden = new GoldenCase(name);
        string[] weights = ["init.safetensors", "ckpt_1.safetensors"];
        for (var k = 1; k <= 2; k++)
        {
            var model = new ErmongroupModel(golden, weights[0]);
            var read = k == 1 ? model.Weights : ErmongroupModel.Read(golden.Path(weights[1]), "model.", model.Config);
            var gradients = new ReferenceGradients(model.Graph, p => read[p.Name]).Compute(Inputs(golden, model, $"_{k}"));
            Assert.Equal(1, gradients.Loss / golden.Json.GetProperty("loss_f64")[k - 1].GetDouble(), 1e-6);
            Assert.Equal(1, gradients.Norm / golden.Json.GetProperty("grad_norm_before_clip")[k - 1].GetDouble(), 1e-6);
            if (k == 1)
            {
                var options = GoldenTraining.Options(golden, updates: 1);
                var kept = (1 - options.Beta1) * Math.Min(1, options.GradientClip / (gradients.Norm + 1e-6));
                var moments = ErmongroupModel.Read(golden.Path(weights[1]), "adam.exp_avg.", model.Config);
                AssertAgree(gradients, moments.ToDictionary(p => p.Key, p => Array.ConvertAll(p.Value.Data, v => v / kept)), model.Dead(golden), 1e-5);
            }
        }
    }

    private static LossGradients Compute(GoldenCase golden, ErmongroupModel model) =>
        new ReferenceGradients(model.Graph, p => model.Weights[p.Name]).Compute(Inputs(golden, model, string.Empty));

    private static LossInputs Inputs(GoldenCase golden, ErmongroupModel model, string suffix) =>
        LossInputs.FromBatch(GoldenTraining.Batch(golden, model.Schedule, suffix), GoldenTraining.Options(golden, updates: 1), step: 0);

    private static void AssertAgree(LossGradients gradients, Dictionary<string, double[]> expected, HashSet<string> dead, double allowed)
    {
        Assert.Equal(expected.Keys.Order(), gradients.Parameters.Keys.Order());
        foreach (var (parameter, actual) in gradients.Parameters)
        {
            if (dead.Contains(parameter))
            {
                Assert.All(actual, v => Assert.Equal(0, v, 1e-9));
            }
            else
            {
                Relative.AssertWithin(allowed, actual, expected[parameter], parameter);
            }
        }
    }
}
