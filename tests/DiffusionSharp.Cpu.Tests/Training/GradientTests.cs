using CsCheck;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>Loss and gradients of whole networks against float64.</summary>
public class GradientTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Small => new(SmallUNets.All.Keys);

    [Theory]
    [MemberData(nameof(Small))]
    public void Gradients_of_small_networks_are_those_of_float64(string name) => Check(SmallUNets.Case(name, images: 3));

    [Fact]
    public void Gradients_of_random_U_Nets_are_those_of_float64() => RandomUNet.Cases.Sample(Check, iter: 60, seed: "0000000000000", threads: 1);

    [Fact]
    public void Gradients_of_random_lucidrains_networks_are_those_of_float64() => RandomLucidrainsUNet.Cases.Sample(Check, iter: 60, seed: "0000000000000", threads: 1);

    [Fact]
    public void Gradients_of_random_graphs_are_those_of_float64() => RandomGraph.Cases.Where(c => c.Graph.OutputShape == c.Graph.InputShape).Sample(Check, iter: 80, seed: "0000000000000", threads: 1);

    private static void Check(NetworkCase network)
    {
        if (network.Graph.OutputShape != network.Graph.InputShape)
        {
            return;
        }

        var training = new TrainingCase(network, new TrainingOptions { Loss = (LossKind)(network.Seed % 3) });
        using var cpu = training.Create();
        var (loss, gradients) = cpu.LossAndGradients(training.Batch, step: 7);
        var expected = new ReferenceGradients(training.Graph, p => network.Weights[p.Name]).Of(LossInputs.Of(training.Batch, training.Options, 7));
        Assert.Equal(1, loss / expected.Loss, 1e-5);
        var differences = new List<double>();
        var largest = expected.Parameters.Values.Max(g => g.Max(Math.Abs));
        foreach (var (name, gradient) in expected.Parameters)
        {
            // Of what the loss hardly depends on, rounding is all there is.
            var scale = Math.Max(gradient.Max(Math.Abs), 1e-3 * largest);
            var difference = gradient.Zip(gradients[name].Data, (a, b) => Math.Abs(a - b)).Max() / Math.Max(scale, double.Epsilon);
            Assert.True(difference <= Tolerance, $"{name}: {difference:G3} of the largest value {scale:G3}\n{network}");
            differences.Add(difference);
        }

        Assert.InRange(differences.Order().ElementAt(differences.Count / 2), 0, 1e-5);
    }
}
