using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>What is kept in 16 bits for the backward pass: gradients against float64, and memory.</summary>
public class ActivationPrecisionTests
{
    // The relative error of one rounding to bfloat16.
    private const double Rounding = 1.0 / 512;

    private const string OnePixel = "one pixel";

    public static TheoryData<string> Small => new(GradientTests.Small.Select(n => n.Data).Where(n => n != OnePixel));

    public static TheoryData<string> Operations => [.. OperationGraphs.Names];

    [Theory]
    [MemberData(nameof(Small))]
    public void Gradients_differ_by_the_rounding_of_what_is_kept(string name)
    {
        var training = RandomTraining.Create(SmallUNets.All[name].Build(), seed: 1);
        var layers = training.Network.Graph.Nodes.Count(n => n.Operation is Operation.Conv2d or Operation.GroupNorm or Operation.RmsNorm or Operation.Attention or Operation.LinearAttention);
        var differences = Differences(training, layers);

        // So large that float32 is not it, in the middle of all tensors no more than some roundings.
        Assert.InRange(differences.Order().ElementAt(differences.Count / 2), 10 * GradientTests.MiddleTolerance, 2 * Rounding);
        var gradientsOfFloat32 = Compute(training, ActivationPrecision.Float32).Gradients;
        Assert.Contains(Compute(training, ActivationPrecision.BFloat16).Gradients, g => !g.Value.SequenceEqual(gradientsOfFloat32[g.Key]));
    }

    // One whose gradient reads a value of the forward pass in float32 does not compile.
    [Theory]
    [MemberData(nameof(Operations))]
    public void Every_operation_reads_what_is_kept(string name)
    {
        var training = RandomTraining.Create(OperationGraphs.ForTraining(name), seed: 1);
        Differences(training, layers: training.Network.Graph.Nodes.Count(n => n.Shape.Height * n.Shape.Width > 1));
    }

    [Fact]
    public void Values_of_one_pixel_stay_as_they_are()
    {
        var training = RandomTraining.Create(SmallUNets.All[OnePixel].Build(), seed: 1);
        var (narrow, wide) = (Compute(training, ActivationPrecision.BFloat16).Gradients, Compute(training, ActivationPrecision.Float32).Gradients);
        Assert.All(wide, g => Assert.Equal(g.Value, narrow[g.Key]));
    }

    // The kept values of these networks are halves; beside them lie, in float32, the gradients on their way.
    [Fact]
    public void Memory_is_less()
    {
        var graph = UNet.Build(new UNetConfig());
        long Bytes(ActivationPrecision precision, int images)
        {
            var options = new TrainingOptions { TotalImages = 1, BatchSize = 64, Threads = 1, Activations = precision };
            return CpuTraining.Engine.Memory!(graph, options, images);
        }

        long PerImage(ActivationPrecision precision) => (Bytes(precision, 64) - Bytes(precision, 32)) / 32;
        Assert.InRange((double)PerImage(ActivationPrecision.BFloat16) / PerImage(ActivationPrecision.Float32), 0.5, 0.8);
    }

    // From float64, of each tensor, as parts of its largest value.
    private static List<double> Differences(TrainingCase training, int layers)
    {
        var (loss, gradients) = Compute(training, ActivationPrecision.BFloat16);
        Assert.Equal(Compute(training, ActivationPrecision.Float32).Loss, loss);

        // A gradient is a sum of products of what is kept, which were rounded once each, with gradients that came through the layers behind. Each of
        // these rounds what it reads, so that errors add up to one rounding a layer at most, if they all point one way.
        var expected = training.Reference();
        var largest = expected.Parameters.Values.Max(g => g.Max(Math.Abs));
        var differences = new List<double>();
        foreach (var (parameter, gradient) in expected.Parameters)
        {
            var scale = Math.Max(gradient.Max(Math.Abs), GradientTests.Floor * largest);
            var difference = gradient.Zip(gradients[parameter], (a, b) => Math.Abs(a - b)).Max() / scale;
            Assert.True(difference <= layers * Rounding, $"{parameter}: {difference:G3} of the largest value {scale:G3}, {layers} layers\n{training}");
            differences.Add(difference);
        }

        return differences;
    }

    private static (double Loss, Dictionary<string, float[]> Gradients) Compute(TrainingCase training, ActivationPrecision precision)
    {
        var options = training.Options with { Activations = precision };
        using var cpu = (CpuTrainingNetwork)CpuTraining.Engine.Create(training.Network.Graph, options, p => training.Network.Weights[p.Name]);
        var (loss, gradients) = cpu.LossAndGradients(training.Batch, training.Step);
        return (loss, gradients.ToDictionary(g => g.Key, g => g.Value.Data));
    }
}
