using DiffusionSharp.Cpu.Tests.Kit;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests;

/// <summary>Vector–Jacobian products by x and t, against the same in float64: by a rule an operation, and by differences.</summary>
public class DerivativesTests
{
    private const double Float32 = 5e-5;
    private const double MiddleFloat32 = 5e-6;

    // The reference's own rounding and the fourth-order error of its differences.
    private const double OfDifferences = 2e-4;

    public static TheoryData<string> Small => new(SmallUNets.All.Keys);

    public static TheoryData<string> Operations => [.. OperationGraphs.Names];

    [Theory]
    [MemberData(nameof(Small))]
    public void Small_networks(string name) => Assert.Equal(2, Errors(SmallUNets.Case(name, images: 2)).Count());

    [Theory]
    [MemberData(nameof(Operations))]
    public void Every_operation(string name) => Assert.Equal(2, Errors(OperationGraphs.Case(name)).Count());

    [Fact]
    public void U_Nets() => Check(40, seed => UNet.Build(RandomUNet.Config(1 + (seed % 3), seed)));

    [Fact]
    public void Lucidrains_networks() => Check(30, seed => LucidrainsUNet.Build(RandomLucidrainsUNet.Config(1 + (seed % 3), seed)));

    [Fact]
    public void Graphs() => Check(120, seed => RandomGraph.Build(seed % 17, seed));

    // Along random directions of x and of t, by five points: independent of any rule of derivatives.
    [Theory]
    [MemberData(nameof(Small))]
    public void They_say_how_the_scalar_changes(string name)
    {
        var network = SmallUNets.Case(name, images: 2);
        var (reference, made) = (new ReferencePullback(network), Pullback.Compute(network, CpuEngine.Default));
        var x = Array.ConvertAll(network.X, v => (double)v);
        var direction = new float[x.Length];
        CounterNoise.Gaussian(network.Seed, -11, direction.AsSpan());
        Near(s => reference.Scalar([.. x.Zip(direction, (v, d) => v + (s * d))], network.Timesteps), 1e-3, made.ByX.Zip(direction, (g, d) => (double)g * d).Sum(), Length(made.ByX));
        Near(s => reference.Scalar(x, [.. network.Timesteps.Select((t, n) => t + (s * (n + 1)))]), 1e-3, made.ByTimesteps[0] + (2 * made.ByTimesteps[1]), made.ByTimesteps.Max(Math.Abs));

        void Near(Func<double, double> scalar, double h, double actual, double scale)
        {
            var expected = ((8 * (scalar(h) - scalar(-h))) - (scalar(2 * h) - scalar(-2 * h))) / (12 * h);
            Assert.True(Math.Abs(actual - expected) <= OfDifferences * scale, $"{actual} is {Math.Abs(actual - expected) / scale:G3} of {scale:G4} off {expected}\n{network}");
        }
    }

    [Fact]
    public void The_prediction_has_the_bits_of_a_call_without_derivatives()
    {
        foreach (var precision in Enum.GetValues<WeightPrecision>())
        {
            foreach (var name in SmallUNets.All.Keys)
            {
                var network = SmallUNets.Case(name, images: 3);
                var engine = CpuEngine.With(new CpuOptions { WeightPrecision = precision, Threads = 1 });
                Assert.True(Bits.AreEqual(network.Predict(engine), Pullback.Compute(network, engine).Prediction), $"{name}, {precision}");
            }
        }
    }

    // What the stored weights are is what is differentiated.
    [Theory]
    [InlineData(WeightPrecision.BFloat16)]
    [InlineData(WeightPrecision.Half)]
    public void Weights_in_half_the_memory(WeightPrecision precision)
    {
        var network = SmallUNets.Case("6×6 and 3×3", images: 1);
        var exact = new ReferencePullback(network).Derivatives().ByX;
        var made = Pullback.Compute(network, CpuEngine.With(new CpuOptions { WeightPrecision = precision })).ByX;
        var error = exact.Zip(made, (a, b) => Math.Abs(a - b)).Max() / exact.Max(Math.Abs);
        Assert.InRange(error, 1e-5, precision == WeightPrecision.Half ? 0.01 : 0.06);
    }

    [Fact]
    public void Threads_and_vectors_change_no_bit()
    {
        foreach (var name in SmallUNets.All.Keys)
        {
            var network = SmallUNets.Case(name, images: 3);
            var first = Pullback.Compute(network, CpuEngine.With(new CpuOptions { VectorBits = 128, Threads = 1 }));
            foreach (var (bits, threads) in from bits in (int[])[128, 256, 512] from threads in (int[])[1, 2, 3] select (bits, threads))
            {
                AssertSame(first, Pullback.Compute(network, CpuEngine.With(new CpuOptions { VectorBits = bits, Threads = threads })), $"{name}, {bits} bits, {threads} threads");
            }
        }
    }

    [Fact]
    public void The_batch_and_the_place_in_it_change_no_bit()
    {
        foreach (var name in SmallUNets.All.Keys)
        {
            var network = SmallUNets.Case(name, images: 4);
            var denoiser = network.On(CpuEngine.Default);
            using var disposed = denoiser;
            var (outputs, inputs, u) = (network.Graph.OutputShape.Elements, network.Graph.InputShape.Elements, new ReferencePullback(network).U);
            var all = Pullback.Compute(network, denoiser, u);
            foreach (var some in (int[][])[[0], [3], [2, 1], [3, 3, 0, 1, 2, 2]])
            {
                var part = Pullback.Compute(network.Pick(some), denoiser, Of(u, outputs));
                AssertSame(new(Of(all.Prediction, outputs), Of(all.ByX, inputs), [.. some.Select(i => all.ByTimesteps[i])]), part, $"{name}, images {string.Join(", ", some)}");

                float[] Of(float[] values, int size) => [.. some.SelectMany(i => values.AsSpan(i * size, size).ToArray())];
            }
        }
    }

    [Fact]
    public void Calls_with_and_without_derivatives_do_not_disturb_each_other()
    {
        var network = SmallUNets.Case("classes, scale and shift, heads", images: 2);
        var denoiser = network.On(CpuEngine.Default);
        using var disposed = denoiser;
        var (prediction, u) = (network.Predict(denoiser), new ReferencePullback(network).U);
        var first = Pullback.Compute(network, denoiser, u);
        float[] between = [];
        var byX = new float[network.X.Length];
        ((IDifferentiableDenoiser)denoiser).Differentiate(network.Input, new float[u.Length], (m, g) => (between, _) = (network.Predict(denoiser), Copy(u, g)), byX, []);
        Assert.Equal(prediction, between);
        Assert.Equal(first.ByX, byX);
        Assert.Equal(prediction, network.Predict(denoiser));

        static bool Copy(float[] u, Span<float> g) => u.AsSpan().TryCopyTo(g);
    }

    [Fact]
    public void A_cotangent_that_fails_or_asks_for_itself_leaves_the_network_usable()
    {
        var network = SmallUNets.Case("6×6 and 3×3", images: 1);
        var denoiser = network.On(CpuEngine.Default);
        using var disposed = denoiser;
        var u = new ReferencePullback(network).U;
        void Ask(Cotangent cotangent) => ((IDifferentiableDenoiser)denoiser).Differentiate(network.Input, new float[u.Length], cotangent, new float[network.X.Length], []);
        Assert.Throws<TimeoutException>(() => Ask((_, _) => throw new TimeoutException()));
        Assert.Throws<InvalidOperationException>(() => Ask((_, _) => Ask((_, _) => { })));
        AssertSame(Pullback.Compute(network, CpuEngine.Default), Pullback.Compute(network, denoiser, u), "after failures");
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(2.5)]
    public void Guidance_combines_the_derivatives(double guidance)
    {
        var network = SmallUNets.Case("classes, scale and shift, heads", images: 3);
        var none = new NetworkCase(network.Graph, network.Seed, 3) { X = network.X, Timesteps = network.Timesteps, Labels = [3, 3, 3] };
        var denoiser = network.On(CpuEngine.Default);
        using var disposed = denoiser;
        var guided = new GuidedDenoiser(denoiser, guidance, nullClass: 3);
        var reference = new ReferencePullback(network);
        var made = Pullback.Compute(network, guided, reference.U);
        Assert.Equal(network.Predict(guided), made.Prediction);
        var (label, plain) = (reference.Derivatives(), new ReferencePullback(none).Derivatives());
        Relative(Both(label.ByX, plain.ByX), Array.ConvertAll(made.ByX, v => (double)v));
        Relative(Both(label.ByTimesteps, plain.ByTimesteps), made.ByTimesteps);

        double[] Both(double[] a, double[] b) => [.. a.Zip(b, (v, w) => (guidance * v) + ((1 - guidance) * w))];
        static void Relative(double[] expected, double[] actual) =>
            Assert.InRange(expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max() / expected.Max(Math.Abs), 0, Float32);
    }

    private static void Check(int count, Func<int, NetworkGraph> graph) => AssertMiddle([.. Enumerable.Range(0, int.MaxValue)
        .Select(seed => new NetworkCase(graph(seed), (ulong)seed, 1 + (seed % 3))).Where(n => Conditioning.IsGood(n) && !LeavesSigns(n.Graph)).Take(count).SelectMany(Errors)]);

    // A norm of two values leaves their signs: its derivative is what rounding leaves of a difference.
    private static bool LeavesSigns(NetworkGraph graph) => graph.Nodes.Any(n => n.Operation is Operation.GroupNorm norm && n.Shape.Elements == 2 * norm.Groups);

    private static void AssertMiddle(List<double> errors) => Assert.InRange(errors.Order().ElementAt(errors.Count / 2), 0, MiddleFloat32);

    // Of x and of t, as parts of the largest derivative. That of t is a sum over all pixels, which may cancel: behind a norm of groups of one
    // channel, to nothing. Of the mean of a norm's pixels, so does that of x.
    private static IEnumerable<double> Errors(NetworkCase network)
    {
        var reference = new ReferencePullback(network);
        var (byX, byTimesteps) = reference.Derivatives();
        var made = Pullback.Compute(network, CpuEngine.Default);
        yield return Error("x", byX, Array.ConvertAll(made.ByX, v => (double)v), atLeast: 1e-3 * Length(reference.U));
        yield return Error("t", byTimesteps, made.ByTimesteps, atLeast: 0.05 * Length(made.ByX));

        double Error(string what, double[] expected, double[] actual, double atLeast)
        {
            var (largest, off) = (Math.Max(atLeast, expected.Max(Math.Abs)), expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max());
            Assert.True(off <= Float32 * largest, $"by {what}: {off:G3} of {largest:G4} off\n{network}");
            return largest == 0 ? 0 : off / largest;
        }
    }

    private static double Length(float[] values) => Math.Sqrt(values.Sum(v => (double)v * v));

    private static void AssertSame(Pullback a, Pullback b, string what)
    {
        Assert.True(Bits.AreEqual(a.Prediction, b.Prediction), $"predictions, {what}");
        Assert.True(Bits.AreEqual(a.ByX, b.ByX), $"by x, {what}");
        Assert.True(a.ByTimesteps.AsSpan().SequenceEqual(b.ByTimesteps), $"by t, {what}");
    }
}
