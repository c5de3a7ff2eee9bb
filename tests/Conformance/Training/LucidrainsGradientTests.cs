using DiffusionSharp;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using TestKit.Networks;

namespace Conformance.Training;

/// <summary>Gradients of RMS norms, GELU, linear attention and learned keys: against differences of the float64 evaluation.</summary>
public class LucidrainsGradientTests
{
    private const ulong Seed = 1;

    [Fact]
    public void A_step_along_each_parameter_changes_the_loss_as_its_gradient_says()
    {
        var config = new LucidrainsUNetConfig { Height = 4, Width = 6, Dim = 4, DimMults = [1, 2], AttnHeads = [2, 3], AttnDimHead = [3] };
        var network = new NetworkCase(config.Build(), Seed, count: 1);
        var batch = new TrainingBatch(network.Count, network.Graph.InputShape);
        network.X.CopyTo(batch.Xt.AsSpan());
        network.Timesteps.CopyTo(batch.Timesteps.AsSpan());
        batch.LossWeights.AsSpan().Fill(1);
        CounterNoise.Gaussian(Seed, -9, batch.Target.AsSpan());

        using var training = TrainingNetworks.Create(network.Graph, new TrainingOptions { BatchSize = network.Count, Reduction = LossReduction.Mean }, p => network.Weights[p.Name]);
        var (loss, _, gradients) = TrainingNetworks.Gradients(training, batch);
        Assert.Equal(Loss(network.Weights), loss, 1e-5 * loss);
        foreach (var parameter in network.Graph.Parameters)
        {
            var gradient = gradients[parameter.Name].Data;

            // Along a random direction, by what it becomes in float32.
            var direction = new float[gradient.Length];
            CounterNoise.Gaussian(Seed, -10, direction.AsSpan());
            var at = network.Weights[parameter.Name];
            var (before, after) = (Moved(-1e-4f), Moved(1e-4f));
            var expected = Loss(With(after)) - Loss(With(before));
            double actual = 0, size = 0, length = 0;
            for (var i = 0; i < gradient.Length; i++)
            {
                var moved = (double)after[i] - before[i];
                actual += gradient[i] * moved;
                size += (double)gradient[i] * gradient[i];
                length += moved * moved;
            }

            Assert.True(
                Math.Abs(expected - actual) <= (2e-4 * Math.Sqrt(size * length)) + (1e-9 * loss),
                $"{parameter.Name}: the loss changes by {expected:G4}, the gradient says {actual:G4}");

            float[] Moved(float by) => [.. at.Data.Zip(direction, (v, d) => v + (by * d))];

            Dictionary<string, HostTensor> With(float[] data) => new(network.Weights) { [parameter.Name] = new HostTensor([.. at.Shape], data) };
        }

        double Loss(IReadOnlyDictionary<string, HostTensor> weights) =>
            new ReferenceNetwork(network.Graph, p => weights[p.Name]).Predict(network.Input).Zip(batch.Target, (m, y) => (m - y) * (m - y)).Average();
    }
}
