using Conformance.Networks;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Weights;
using TestKit;

namespace Conformance.Training;

/// <summary>03_train: three updates of the reference's own training loop.</summary>
public class TrainGoldens
{
    private const string Case = "03_train_ch32_m11_8px";

    [TorchTheory]
    [InlineData(4)]
    [InlineData(2)]
    public void Updates_agree_with_the_reference(int microBatch)
    {
        Assert.SkipUnless(Shared.Exists, Shared.Missing);
        var golden = new GoldenCase(Case);
        var model = new ErmongroupModel(golden, "init.safetensors");
        var dead = model.Dead(golden);
        using var step = new TrainingStep(model.Graph, GoldenTraining.Options with { MicroBatch = microBatch }, model.Weights);
        for (var k = 1; k <= 3; k++)
        {
            var (loss, norm) = step.Run(GoldenTraining.Batch(golden, $"_{k}"), k - 1, GoldenTraining.Options.LearningRate);
            Assert.Equal(1, loss / golden.Json.GetProperty("loss_f64")[k - 1].GetDouble(), 1e-5);
            Assert.Equal(1, norm / golden.Json.GetProperty("grad_norm_before_clip")[k - 1].GetDouble(), 1e-4);
            if (k == 1)
            {
                // exp_avg = (1-β₁)·g with g the clipped gradient: its bound is the one of grads_1_before_clip.
                AssertState(golden, model, step, dead, "ckpt_1.safetensors", momentTolerance: 1e-4);
            }
        }

        AssertState(golden, model, step, dead, "ckpt_3_legacy.safetensors", momentTolerance: 1e-3);
    }

    private static void AssertState(GoldenCase golden, ErmongroupModel model, TrainingStep step, HashSet<string> dead, string file, double momentTolerance)
    {
        var path = golden.Path(file);
        var tolerance = golden.Json.GetProperty("tolerance").GetProperty("params_after_3");
        var (live, deadBound) = (tolerance.GetProperty("excluding dead_parameters: max abs").GetDouble(), tolerance.GetProperty("dead_parameters: max abs").GetDouble());
        var differences = new List<double>();
        Compare("model.", step.Network.ToHost(), live, deadBound, differences);
        differences.Sort();
        Assert.InRange(differences[(int)(0.999 * differences.Count)], 0, tolerance.GetProperty("excluding dead_parameters: 99.9 % quantile abs").GetDouble());

        // The shadow follows by 1-μ = 1e-4: a few roundings of its own value, and 1e-4 of how far the parameters are off.
        var shadows = step.Averages[0].Export();
        foreach (var (name, expected) in Read("ema."))
        {
            var parameterBound = dead.Contains(name) ? deadBound : live;
            for (var i = 0; i < expected.Data.Length; i++)
            {
                var allowed = (4e-7 * Math.Abs(expected.Data[i])) + (3e-4 * parameterBound);
                Assert.Equal(expected.Data[i], shadows[name].Data[i], allowed);
            }
        }

        var moments = step.Optimizer.Export();
        foreach (var moment in (string[])["exp_avg.", "exp_avg_sq."])
        {
            foreach (var (name, expected) in Read($"adam.{moment}").Where(p => !dead.Contains(p.Key)))
            {
                var difference = Relative.MaxDifference(moments[moment + name].Data, [.. expected.Data.Select(v => (double)v)]);
                Assert.True(difference <= momentTolerance, $"{file} {moment}{name}: {difference:G3} of the largest value, {momentTolerance} allowed");
            }
        }

        void Compare(string prefix, IReadOnlyDictionary<string, HostTensor> actual, double bound, double boundOfDead, List<double> all)
        {
            var reference = Read(prefix);
            Assert.Equal(reference.Keys.Order(), actual.Keys.Order());
            foreach (var (name, expected) in reference)
            {
                var allowed = dead.Contains(name) ? boundOfDead : bound;
                for (var i = 0; i < expected.Data.Length; i++)
                {
                    var difference = Math.Abs(expected.Data[i] - (double)actual[name].Data[i]);
                    Assert.True(difference <= allowed, $"{file} {prefix}{name}[{i}]: {actual[name].Data[i]:R} is {difference:G3} off, {allowed:G3} allowed");
                    if (!dead.Contains(name))
                    {
                        all.Add(difference);
                    }
                }
            }
        }

        Dictionary<string, HostTensor> Read(string prefix) => ErmongroupModel.Read(path, prefix, model.Config);
    }
}
