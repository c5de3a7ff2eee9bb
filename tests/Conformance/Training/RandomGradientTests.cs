using CsCheck;
using TestKit.Networks;

namespace Conformance.Training;

/// <summary>Losses and gradients of random networks, against float64.</summary>
public class RandomGradientTests
{
    // Not from inside of CsCheck, which would take a skipped test for a failed one.
    public RandomGradientTests() => Engines.Engines.Require();

    [Fact]
    public void UNets() => RandomTraining.UNets.Sample(c => Gradients.AssertAgree(c, Found(c)), iter: 40, threads: 1);

    [Fact]
    public void UNets_of_lucidrains() => RandomTraining.LucidrainsUNets.Sample(c => Gradients.AssertAgree(c, Found(c)), iter: 20, threads: 1);

    [Fact]
    public void Random_graphs_can_be_trained() => RandomTraining.Graphs.Sample(
        c =>
        {
            var gradients = c.Reference();
            return c.Network.Graph.OutputShape == c.Network.Graph.InputShape && double.IsFinite(gradients.Loss) && gradients.Norm > 0;
        },
        iter: 20,
        threads: 1);

    private static Gradients Found(TrainingCase training)
    {
        using var network = TrainingNetworks.Create(training.Network.Graph, training.Options, p => training.Network.Weights[p.Name]);
        var (loss, _, gradients) = TrainingNetworks.Gradients(network, training.Batch, training.Step);
        return new Gradients(loss, gradients.ToDictionary(g => g.Key, g => g.Value.Data));
    }
}
