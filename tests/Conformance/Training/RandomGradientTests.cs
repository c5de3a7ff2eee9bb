using CsCheck;
using DiffusionSharp.Torch.Native;
using DiffusionSharp.Torch.Ops;
using DiffusionSharp.Torch.Training;
using TestKit.Networks;
using TorchSharp;

namespace Conformance.Training;

/// <summary>Losses and gradients of random networks, against float64.</summary>
public class RandomGradientTests
{
    // On networks this small two threads of Torch wait for each other.
    public RandomGradientTests()
    {
        if (TorchNative.Problem is null)
        {
            torch.set_num_threads(1);
        }
    }

    // Torch's own dropout is another.
    [TorchFact]
    public void Torch_on_UNets() => RandomTraining.UNets.Where(c => !c.HasDropout).Sample(c => Gradients.AssertAgree(c, Torch(c)), iter: 40, threads: 1);

    [TorchFact]
    public void Torch_on_UNets_of_lucidrains() =>
        RandomTraining.LucidrainsUNets.Where(c => !c.HasDropout).Sample(c => Gradients.AssertAgree(c, Torch(c)), iter: 20, threads: 1);

    [Fact]
    public void Random_graphs_can_be_trained() => RandomTraining.Graphs.Sample(
        c =>
        {
            var gradients = c.Reference();
            return c.Network.Graph.OutputShape == c.Network.Graph.InputShape && double.IsFinite(gradients.Loss) && gradients.Norm > 0;
        },
        iter: 20,
        threads: 1);

    private static Gradients Torch(TrainingCase training)
    {
        using var step = new TrainingStep(training.Network.Graph, training.Options, training.Network.Weights);
        var (loss, gradients) = step.LossAndGradients(training.Batch, training.Step);
        var found = training.Network.Graph.Parameters.Zip(gradients).ToDictionary(p => p.First.Name, p => HostCopy.ToHostTensor(p.Second).Data);
        Array.ForEach(gradients, g => g.Dispose());
        return new Gradients(loss, found);
    }
}
