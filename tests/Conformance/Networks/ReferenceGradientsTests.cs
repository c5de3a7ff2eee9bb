using DiffusionSharp;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using TestKit.Networks;

namespace Conformance.Networks;

/// <summary>The float64 gradients that engines are measured against, against differences of the loss.</summary>
public class ReferenceGradientsTests
{
    private const double Allowed = 1e-7;

    public static TheoryData<string> Small => new(SmallUNets.All.Keys);

    [Fact]
    public void Every_operation_of_random_graphs()
    {
        var seen = new HashSet<Type>();
        foreach (var seed in Enumerable.Range(0, 60))
        {
            // By differences where there is no bend between the two values; those that bend are tried alone, by every engine.
            var network = new NetworkCase(RandomGraph.Build(steps: 12, seed), (ulong)seed, count: 2);
            if (Conditioning.IsGood(network))
            {
                if (!network.Graph.Nodes.Any(n => n.Operation is Operation.Relu or Operation.MaxPool))
                {
                    Check(network, LossReduction.Sum, (ulong)seed);
                }

                Assert.True(network.Graph.FlopsPerImage >= 0);
                seen.UnionWith(network.Graph.Nodes.Select(n => n.Operation.GetType()));
            }
        }

        Assert.Equal(typeof(Operation).GetNestedTypes().Select(t => t.Name).Order(), seen.Select(t => t.Name).Order());
    }

    [Theory]
    [MemberData(nameof(Small))]
    public void Small_networks(string name) => Check(SmallUNets.Case(name, images: 1), LossReduction.Mean, dropout: null);

    [Fact]
    public void Networks_with_dropout()
    {
        var unet = UNetConfig.Ddpm(new ImageShape(2, 6, 4), 8, [1, 2], 1, [2]) with { NormNumGroups = 2, Dropout = 0.3, NumClassEmbeds = 3 };
        Check(new NetworkCase(unet.Build(), 3, count: 3), LossReduction.Sum, dropout: 5);
        var lucidrains = new LucidrainsUNetConfig { Height = 6, Width = 4, Dim = 8, DimMults = [1, 2], AttnDimHead = [4], AttnHeads = [2], Dropout = 0.3 };
        Check(new NetworkCase(lucidrains.Build(), 4, count: 2), LossReduction.Sum, dropout: 6);
    }

    // The error jumps from slope to slope where it is 0 or ±1, so the targets lie elsewhere.
    [Theory]
    [InlineData(LossKind.L2, LossReduction.Mean)]
    [InlineData(LossKind.L2, LossReduction.Sum)]
    [InlineData(LossKind.L1, LossReduction.Mean)]
    [InlineData(LossKind.L1, LossReduction.Sum)]
    [InlineData(LossKind.Huber, LossReduction.Mean)]
    [InlineData(LossKind.Huber, LossReduction.Sum)]
    public void Losses(LossKind kind, LossReduction reduction)
    {
        double[] offsets = [0.3, -0.5, 1.5, -2.5, -0.1];
        var config = UNetConfig.Ddpm(new ImageShape(3, 4, 4), 4, [1], 1, [4]) with { NormNumGroups = 2 };
        var network = new NetworkCase(config.Build(), 9, count: 3);
        var inputs = Inputs(network, reduction, dropout: null) with { Kind = kind };
        var target = network.Reference().Select((v, i) => v + offsets[i % offsets.Length]).ToArray();
        var derivative = new DirectionalDerivative(network, inputs with { Target = target });
        derivative.AssertAgree(Allowed);

        var plain = Enumerable.Range(0, 3).Select(n => inputs.LossWeights[n] / 3 * Enumerable.Range(n * 48, 48).Sum(i => Error(offsets[i % offsets.Length])));
        Assert.Equal(plain.Sum() / (reduction == LossReduction.Mean ? 48 : 1), derivative.Gradients.Loss, 1e-9);

        double Error(double d) => kind switch
        {
            LossKind.L2 => d * d,
            LossKind.L1 => Math.Abs(d),
            _ => Math.Abs(d) < 1 ? d * d / 2 : Math.Abs(d) - 0.5,
        };
    }

    [Fact]
    public void Dropout_drops_what_the_mask_says()
    {
        var builder = new GraphBuilder(new ImageShape(3, 2, 5));
        var dropped = builder.Dropout("dropout", builder.Silu("silu", builder.X()), 0.4);
        var network = new NetworkCase(builder.Build(), 2, count: 2);
        var inputs = Inputs(network, LossReduction.Sum, dropout: 11) with { Target = new double[60] };
        var gradients = new ReferenceGradients(network.Graph, p => network.Weights[p.Name]).Compute(inputs);
        for (var n = 0; n < 2; n++)
        {
            var factors = new float[30];
            DropoutMask.Fill(11, 3, n, dropped, 0.4, 0, factors);
            for (var (c, p) = (0, 0); c < 3; (c, p) = p == 9 ? (c + 1, 0) : (c, p + 1))
            {
                Assert.Equal(factors[(p * 3) + c] == 0, gradients.X[(n * 30) + (c * 10) + p] == 0);
            }
        }
    }

    private static LossInputs Inputs(NetworkCase network, LossReduction reduction, ulong? dropout)
    {
        var target = new float[network.Count * network.Graph.OutputShape.Elements];
        CounterNoise.Gaussian(network.Seed, -9, target.AsSpan());
        return new()
        {
            X = Array.ConvertAll(network.X, v => (double)v),
            Timesteps = network.Timesteps,
            Labels = network.Labels,
            Target = Array.ConvertAll(target, v => (double)v),
            LossWeights = [.. Enumerable.Range(0, network.Count).Select(n => 0.5 + n)],
            Reduction = reduction,
            Dropout = dropout is ulong seed ? (seed, 3) : null,
        };
    }

    private static void Check(NetworkCase network, LossReduction reduction, ulong? dropout) =>
        new DirectionalDerivative(network, Inputs(network, reduction, dropout)).AssertAgree(Allowed);
}
