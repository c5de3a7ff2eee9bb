using Conformance.Networks;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Cpu;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Onnx.Tests.Kit;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using TestKit.Networks;

namespace DiffusionSharp.Onnx.Tests;

/// <summary>A whole sampler in ONNX Runtime against <see cref="DiffusionModel.Sample"/> and <see cref="Sampler"/>.</summary>
public sealed class SamplerTests : Scratch
{
    // What two engines in float32 differ by, after a few steps.
    private const double Bound = 5e-5;

    private static readonly SchedulerConfig Scheduler = new() { NumTrainTimesteps = 100, BetaEnd = 0.05 };
    private static readonly UNetConfig Small = UNetConfig.Ddpm(new(3, 8, 8), 8, [1, 2], 1, []) with { NormNumGroups = 4 };
    private static readonly UNetConfig Conditional = Small with { NumClassEmbeds = 4, NullClass = 3 };

    [Fact]
    public void A_model_samples_the_same_images()
    {
        var graph = UNet.Build(Small);
        var weights = Weights(graph);
        ModelFolder.Save(Path.Combine(Folder, "model"), Small, Scheduler, graph.Parameters.Select(p => KeyValuePair.Create(p.Name, weights(p))));
        using var model = DiffusionModel.Load(Path.Combine(Folder, "model"), CpuEngine.Default);
        var noise = Noise(graph, images: 3);
        var options = new SampleOptions { Steps = 6, Count = 3, InitialX = Array.ConvertAll(noise, v => (double)v) };

        OnnxExport.Sampler(Model, model.Graph!, weights, model.Plan(options));
        Relative.AssertWithin(Bound, Images(graph, noise, []), model.Sample(options).Values, "ONNX Runtime");
    }

    [Theory]
    [InlineData(Solver.Ddim, PredictionType.VPrediction)]
    [InlineData(Solver.DpmPlusPlus2M, PredictionType.Epsilon)]
    [InlineData(Solver.DpmPlusPlus3M, PredictionType.Sample)]
    [InlineData(Solver.Heun, PredictionType.Epsilon)]
    [InlineData(Solver.Plms, PredictionType.Epsilon)]
    [InlineData(Solver.UniPc2, PredictionType.VPrediction)]
    [InlineData(Solver.UniPc3, PredictionType.Epsilon)]
    [InlineData(Solver.Deis2, PredictionType.Epsilon)]
    [InlineData(Solver.Deis3, PredictionType.Epsilon)]
    public void Every_solver_without_noise(Solver solver, PredictionType predicts)
    {
        foreach (var treatment in (X0Treatment[])[X0Treatment.None, X0Treatment.Clip(0.9), X0Treatment.Clip(1, keepEpsilon: true)])
        {
            AssertSame(Small, Plan(new SampleOptions { Solver = solver, Steps = 5, X0Treatment = treatment }, predicts));
        }
    }

    [Fact]
    public void A_scaled_start_and_steps_without_a_call()
    {
        SamplingStep[] steps =
        [
            new() { Timestep = 70.5, AlphaBarFrom = 0.1, AlphaBarTo = 0.4, X = 0.5, M = 0.25, Saves = true, KeptX = 0.5, KeptM = 1 },
            new() { AlphaBarFrom = 0.4, AlphaBarTo = 0.4, X = 0, Saved = 0.75, History = [0.5] },
            new() { Timestep = 3, AlphaBarFrom = 0.4, AlphaBarTo = 1, X0FromX = 1.5, X0FromM = -0.5, X0 = 1, X = 0, History = [-0.25] },
        ];
        AssertSame(Small, new SamplingPlan("by hand", 100, PredictionType.Epsilon, X0Treatment.None, steps, initialScale: 1.25));
    }

    [Fact]
    public void Only_the_image_part_of_a_learned_variance_is_used() => AssertSame(Small with { OutChannels = 6 }, Plan(new SampleOptions { Steps = 3 }));

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(2.5)]
    public void Labels_and_guidance(double guidance) => AssertSame(Conditional, Plan(new SampleOptions { Steps = 3 }), guidance, 2, 0);

    [Fact]
    public void The_weights_are_in_the_file_once()
    {
        var graph = UNet.Build(Small);
        OnnxExport.Sampler(Model, graph, Weights(graph), Plan(new SampleOptions { Steps = 1 }));
        var one = new FileInfo(Model).Length;
        OnnxExport.Sampler(Model, graph, Weights(graph), Plan(new SampleOptions { Steps = 5 }));
        Assert.InRange(new FileInfo(Model).Length - one, 1, graph.ParameterCount * sizeof(float));
    }

    [Theory]
    [InlineData("eta 0", "Eta")]
    [InlineData("eta 0", "Sde")]
    [InlineData("fixed range", "Threshold")]
    [InlineData("mask", "Mask")]
    [InlineData("explicit", "FixedPoint")]
    [InlineData("null class", "Guidance")]
    [InlineData("finite", "NotFinite")]
    public void What_a_graph_cannot_do_is_refused(string words, string what)
    {
        var graph = UNet.Build(Small);
        var plan = Plan(what switch
        {
            "Eta" => new SampleOptions { Steps = 3, Eta = 0.5 },
            "Sde" => new SampleOptions { Steps = 3, Solver = Solver.DpmPlusPlus2MSde },
            "Threshold" => new SampleOptions { Steps = 3, X0Treatment = X0Treatment.DynamicThreshold() },
            "Mask" => new SampleOptions { Steps = 3, Edit = new EditOptions { Images = new double[192], Mask = new double[64] } },
            _ => new SampleOptions { Steps = 3 },
        });
        plan = what == "FixedPoint"
            ? new SamplingPlan(plan.Name, plan.T, plan.PredictionType, plan.X0Treatment, [.. plan.Steps]) { FixedPoint = new FixedPoint(1e-6, 5) }
            : plan;
        var guidance = what switch { "Guidance" => 2, "NotFinite" => double.NaN, _ => 1 };

        var e = Assert.Throws<DiffusionException>(() => OnnxExport.Sampler(Model, graph, Weights(graph), plan, guidance));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains(words, e.Message);
        Assert.False(File.Exists(Model));
    }

    private static Func<ParameterSpec, HostTensor> Weights(NetworkGraph graph)
    {
        var all = RandomWeights.Create(graph, seed: 1);
        return p => all[p.Name];
    }

    private static float[] Noise(NetworkGraph graph, int images)
    {
        var noise = new float[images * graph.InputShape.Elements];
        CounterNoise.Gaussian(9, 0, noise.AsSpan());
        return noise;
    }

    private static SamplingPlan Plan(SampleOptions options, PredictionType predicts = PredictionType.Epsilon) =>
        DiffusionModel.Plan(Scheduler with { PredictionType = predicts }, options);

    private void AssertSame(UNetConfig config, SamplingPlan plan, double guidance = 1, params int[] labels)
    {
        var graph = UNet.Build(config);
        var weights = Weights(graph);
        OnnxExport.Sampler(Model, graph, weights, plan, guidance);
        var noise = Noise(graph, images: 2);
        var network = CpuEngine.Default(graph, weights);
        using var disposed = network;
        var expected = Sampler.Run(guidance == 1 ? network : new GuidedDenoiser(network, guidance, graph.NullClass!.Value), plan, new SamplerRequest
        {
            Shape = graph.InputShape,
            Count = 2,
            Noise = NoiseSource.FromSeeds([0, 0]),
            InitialX = Array.ConvertAll(noise, v => (double)v),
            Labels = labels.Length == 0 ? null : labels,
        });
        Relative.AssertWithin(Bound, Images(graph, noise, labels), expected.Values, "ONNX Runtime");
    }

    private float[] Images(NetworkGraph graph, float[] noise, int[] labels)
    {
        using var sampler = new OnnxRuntimeModel(Model, threads: 1);
        var images = new float[noise.Length];
        sampler.Sample(new DenoiserInput { Count = noise.Length / graph.InputShape.Elements, Shape = graph.InputShape, X = noise, Timesteps = [], Labels = labels }, images);
        return images;
    }
}
