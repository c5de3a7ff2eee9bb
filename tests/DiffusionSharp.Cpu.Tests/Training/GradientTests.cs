using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>Loss and gradients of whole networks against float64.</summary>
public class GradientTests
{
    // Of a tensor's largest value, and in the middle of all tensors.
    private const double Tolerance = 1e-4;
    internal const double MiddleTolerance = 1e-5;

    // Of what the loss hardly depends on, rounding is all there is.
    internal const double Floor = 1e-2;

    // A network rounds in each of its layers on the way there and back, and in the transforms of convolutions more than once.
    private const double RoundingSteps = 40;

    public static TheoryData<string> Small => new(SmallUNets.All.Where(n => n.Value.Build() is var g && g.OutputShape == g.InputShape).Select(n => n.Key));

    public static TheoryData<string> Operations => [.. OperationGraphs.Names];

    [Theory]
    [MemberData(nameof(Small))]
    public void Gradients_of_small_networks(string name) => AssertMiddle(Differences(RandomTraining.Create(SmallUNets.All[name].Build(), seed: 1)));

    [Theory]
    [MemberData(nameof(Operations))]
    public void Gradients_of_every_operation(string name) => AssertMiddle(Differences(RandomTraining.Create(OperationGraphs.ForTraining(name), seed: 1)));

    [Fact]
    public void Gradients_of_U_Nets() => Check(80, seed =>
    {
        var config = RandomUNet.Config(1 + (seed % 3), seed);
        return UNet.Build(config with { OutChannels = config.InChannels });
    });

    [Fact]
    public void Gradients_of_lucidrains_networks() =>
        Check(60, seed => LucidrainsUNet.Build(RandomLucidrainsUNet.Config(1 + (seed % 3), seed) with { OutDim = null, LearnedVariance = false }));

    [Fact]
    public void Gradients_of_graphs() => Check(80, seed => RandomGraph.Build(seed % 17, seed, forTraining: true));

    // The same networks each time: the engine's bits are the same everywhere.
    private static void Check(int count, Func<int, NetworkGraph> graph)
    {
        var cases = Enumerable.Range(0, int.MaxValue).Select(seed => RandomTraining.Create(graph(seed), seed)).Where(c => Conditioning.IsGood(c.Network)).Take(count);
        AssertMiddle([.. cases.SelectMany(Differences)]);
    }

    private static void AssertMiddle(List<double> differences) => Assert.InRange(differences.Order().ElementAt(differences.Count / 2), 0, MiddleTolerance);

    // Of each tensor, as a part of its largest value.
    private static List<double> Differences(TrainingCase training)
    {
        using var cpu = (CpuTrainingNetwork)CpuTraining.Engine.Create(training.Network.Graph, training.Options, p => training.Network.Weights[p.Name]);
        var (loss, gradients) = cpu.LossAndGradients(training.Batch, training.Step);
        var expected = training.Reference();
        Assert.Equal(1, loss / expected.Loss, 1e-5);
        var differences = new List<double>();
        var largest = expected.Parameters.Values.Max(g => g.Max(Math.Abs));
        foreach (var (name, gradient) in expected.Parameters)
        {
            var scale = Math.Max(gradient.Max(Math.Abs), Floor * largest);
            var difference = gradient.Zip(gradients[name].Data, (a, b) => Math.Abs(a - b)).Max() / Math.Max(scale, double.Epsilon);
            if (difference > Tolerance)
            {
                var movement = Movement(training, name, gradient, scale);
                Assert.True(difference <= RoundingSteps * movement, $"{name}: {difference:G3} of the largest value {scale:G3}, which rounded weights move by {movement:G3}\n{training}");
            }

            differences.Add(difference);
        }

        return differences;
    }

    // How far a gradient moves when each weight is rounded the other way: a float32 computation cannot know it better.
    private static double Movement(TrainingCase training, string name, double[] gradient, double scale)
    {
        var random = new Random(1);
        var network = training.Network;
        var moved = new ReferenceGradients(network.Graph, p => Array.ConvertAll(network.Weights[p.Name].Data, w => w * (1 + ((random.Next(2) - 0.5) * Math.Pow(2, -23)))));
        return gradient.Zip(moved.Compute(training.Inputs).Parameters[name], (a, b) => Math.Abs(a - b)).Max() / scale;
    }
}
