using Conformance.Networks;
using DiffusionSharp;
using DiffusionSharp.Training;
using TestKit;

namespace Conformance.Training;

/// <summary>03_train: updates of the reference's own training loop.</summary>
public class TrainGoldens
{
    public static TheoryData<string, bool> Cases => new(GoldenRuns.CasesOf("03_train").SelectMany(_ => (bool[])[false, true], (c, split) => (c, split)));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Cases))]
    public void Updates_agree_with_the_reference(string name, bool inHalves)
    {
        var golden = new GoldenCase(name);
        var losses = golden.Json.GetProperty("loss_f64");
        var model = new ErmongroupModel(golden, "init.safetensors");
        var dead = model.Dead(golden);
        var options = GoldenTraining.Options(golden, losses.GetArrayLength());
        using var network = TrainingNetworks.Create(model.Graph, options with { MicroBatch = inHalves ? options.BatchSize / 2 : options.BatchSize }, p => model.Weights[p.Name]);
        for (var k = 1; k <= losses.GetArrayLength(); k++)
        {
            var (loss, norm) = network.Update(GoldenTraining.Batch(golden, model.Schedule, $"_{k}"), k - 1, options.LearningRate);
            Assert.Equal(1, loss / losses[k - 1].GetDouble(), golden.Json.GetProperty("tolerance").GetProperty("loss_rel").GetDouble());
            Assert.Equal(1, norm / golden.Json.GetProperty("grad_norm_before_clip")[k - 1].GetDouble(), 1e-4);
            if (File.Exists(golden.Path($"ckpt_{k}.safetensors")) || File.Exists(golden.Path($"ckpt_{k}_legacy.safetensors")))
            {
                // exp_avg = (1-β₁)·g with g the clipped gradient: after one update its bound is the one of grads_1_before_clip.
                var file = File.Exists(golden.Path($"ckpt_{k}.safetensors")) ? $"ckpt_{k}.safetensors" : $"ckpt_{k}_legacy.safetensors";
                AssertState(golden, model, network, dead, file, follows: k * (1 - options.EmaDecays[0]), momentTolerance: k == 1 ? 1e-4 : 1e-3);
            }
        }
    }

    private static void AssertState(
        GoldenCase golden, ErmongroupModel model, ITrainingNetwork network, HashSet<string> dead, string file, double follows, double momentTolerance)
    {
        var path = golden.Path(file);
        var tolerance = golden.Json.GetProperty("tolerance").EnumerateObject().Single(p => p.Name.StartsWith("params_after_", StringComparison.Ordinal)).Value;
        var (live, deadBound) = (tolerance.GetProperty("excluding dead_parameters: max abs").GetDouble(), tolerance.GetProperty("dead_parameters: max abs").GetDouble());
        var differences = new List<double>();
        Compare("model.", network.ExportWeights(), live, deadBound, differences);
        differences.Sort();
        Assert.InRange(differences[(int)(0.999 * differences.Count)], 0, tolerance.GetProperty("excluding dead_parameters: 99.9 % quantile abs").GetDouble());

        // The shadow follows by 1-μ: a few roundings of its own value, and in each update 1-μ of how far the parameters are off.
        var shadows = network.ExportAverage(0);
        foreach (var (name, expected) in Read("ema."))
        {
            var parameterBound = dead.Contains(name) ? deadBound : live;
            for (var i = 0; i < expected.Data.Length; i++)
            {
                var allowed = (4e-7 * Math.Abs(expected.Data[i])) + (follows * parameterBound);
                Assert.Equal(expected.Data[i], shadows[name].Data[i], allowed);
            }
        }

        var moments = network.ExportMoments();
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
