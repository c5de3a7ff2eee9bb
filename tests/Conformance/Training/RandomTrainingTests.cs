using CsCheck;
using TestKit.Networks;

namespace Conformance.Training;

/// <summary>What is trained in tests of gradients.</summary>
public class RandomTrainingTests
{
    [Fact]
    public void Random_graphs_can_be_trained() => RandomTraining.Graphs.Sample(
        c =>
        {
            var gradients = c.Reference();
            return c.Network.Graph.OutputShape == c.Network.Graph.InputShape && double.IsFinite(gradients.Loss) && gradients.Norm > 0;
        },
        iter: 20,
        threads: 1);
}
