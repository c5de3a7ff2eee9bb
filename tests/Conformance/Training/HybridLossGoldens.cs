using Conformance.Networks;
using DiffusionSharp;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using TestKit;

namespace Conformance.Training;

/// <summary>07: guided-diffusion's training_losses of its own network with a learned variance: the squared error, the variational bound, and their sum.</summary>
public class HybridLossGoldens
{
    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void Losses_agree()
    {
        var golden = new GoldenCase(GoldenNetwork.Guided);
        var (json, dimensions) = (golden.Json.GetProperty("loss"), golden.Shape("loss/x_start"));
        var shape = new ImageShape(dimensions[1], dimensions[2], dimensions[3]);
        var source = GoldenModel.All[GoldenNetwork.Guided].Open();
        using var weights = source.OpenWeights();
        var T = golden.Json.GetProperty("diffusion").GetProperty("steps").GetInt32();

        // LossType.MSE adds the bound as it is: λ·T = 1.
        Assert.Equal("LossType.MSE", json.GetProperty("type").GetString());
        var objective = new DiffusionObjective(NoiseSchedule.LinearScaledT(T), varianceWeight: 1.0 / T);
        float[] x0 = golden.Floats("loss/x_start"), epsilon = golden.Floats("loss/noise");
        var batch = new TrainingBatch(dimensions[0], shape);
        golden.Ints("y").CopyTo(batch.Labels.AsSpan());
        for (var i = 0; i < batch.Count; i++)
        {
            var (t, image) = (json.GetProperty("timesteps")[i].GetInt32(), (i * shape.Elements)..((i + 1) * shape.Elements));
            objective.Noise(t, x0.AsSpan(image), epsilon.AsSpan(image), batch.Xt.AsSpan(image), batch.Target.AsSpan(image));
            (batch.Timesteps[i], batch.LossWeights[i], batch.Terms[i]) = (t, 1, objective.Term(t));
        }

        Relative.AssertWithin(1e-6, [.. batch.Xt.Select(v => (double)v)], golden.Doubles("loss/q_sample"), "q_sample");
        var options = new TrainingOptions { BatchSize = batch.Count, TotalImages = 1, Threads = 1 };
        using var network = TrainingNetworks.Create(source.Network.Build(), options, weights.Read);
        foreach (var (part, simple, bound) in (ReadOnlySpan<(string, float, double)>)[("loss", 1, 1), ("mse", 1, 0), ("vb", 0, 1)])
        {
            for (var i = 0; i < batch.Count; i++)
            {
                (batch.LossWeights[i], batch.Terms[i]) = (simple, batch.Terms[i] with { LossWeight = bound });
            }

            TrainingNetworks.Gradients(network, batch);
            var expected = golden.Doubles($"loss/{part}");
            for (var i = 0; i < batch.Count; i++)
            {
                Assert.Equal(1, batch.Losses[i] / expected[i], 2e-5);
            }
        }
    }
}
