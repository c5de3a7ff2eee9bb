using DiffusionSharp.Cpu.Tests.Training;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Torch.Tests.Training;
using TorchSharp;

namespace DiffusionSharp.Torch.Tests.Engine;

[Collection(SerialCollection.Name)]
public class TorchDenoiserTests
{
    private static readonly NetworkGraph Graph = UNet.Build(TinyRun.Network);

    public TorchDenoiserTests() => torch.set_num_threads(1);

    [TorchFact]
    public void An_image_does_not_depend_on_its_batch()
    {
        using var denoiser = Denoiser(Graph);
        float[] x = Noise(5 * Graph.InputShape.Elements);
        double[] t = [0, 10, 500, 501.5, 999];
        var together = Predict(denoiser, x, t);
        for (var i = 0; i < t.Length; i++)
        {
            var image = (i * Graph.InputShape.Elements)..((i + 1) * Graph.InputShape.Elements);
            var alone = Predict(denoiser, x[image], [t[i]]);
            Assert.All(alone.Zip(together[image]), p => Assert.Equal(p.Second, p.First, 1e-5));
        }
    }

    [TorchFact]
    public void Bfloat16_is_a_rounding_of_float32()
    {
        using TorchDenoiser full = Denoiser(Graph), half = Denoiser(Graph, new TorchOptions { Precision = ComputePrecision.BFloat16 });
        var x = Noise(Graph.InputShape.Elements);
        float[] expected = Predict(full, x, [300]), actual = Predict(half, x, [300]);
        var largest = expected.Max(Math.Abs);
        Assert.InRange(expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max() / largest, 1e-6, 0.05);
    }

    [TorchFact]
    public void Sampling_leaves_no_tensor_behind()
    {
        using var denoiser = Denoiser(Graph);
        var plan = DdimPlan.Create(NoiseSchedule.Linear(), Timesteps.Uniform(1000, 100), new DdimOptions { X0Treatment = X0Treatment.Clip() });
        var request = new SamplerRequest { Shape = Graph.InputShape, Count = 2, Noise = NoiseSource.FromSeeds([1, 2]) };
        Sampler.Run(denoiser, plan, request);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Sampler.Run(denoiser, plan, request);
        Sampler.Run(denoiser, plan, request);
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TorchTheory]
    [InlineData(ComputePrecision.Float32)]
    [InlineData(ComputePrecision.BFloat16)]
    public void Disposing_frees_every_tensor_also_after_a_cancelled_call(ComputePrecision precision)
    {
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (var denoiser = Denoiser(Graph, new TorchOptions { Precision = precision }))
        {
            using var cancelled = new CancellationTokenSource();
            cancelled.Cancel();
            Assert.Throws<OperationCanceledException>(() => denoiser.Predict(
                new DenoiserInput { Count = 1, Shape = Graph.InputShape, X = Noise(Graph.InputShape.Elements), Timesteps = [1.0], CancellationToken = cancelled.Token },
                new float[Graph.InputShape.Elements]));
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TorchTheory]
    [InlineData("gpu", ErrorKind.Usage)]
    [InlineData("cuda:x", ErrorKind.Usage)]
    [InlineData("cuda:-1", ErrorKind.Usage)]
    [InlineData("cuda:99", ErrorKind.Device)]
    public void Devices_that_cannot_be_used_are_named(string name, ErrorKind kind)
    {
        var e = Assert.Throws<DiffusionException>(() => TorchDevice.Parse(name));
        Assert.Equal(kind, e.Kind);
        Assert.Contains($"'{name}'", e.Message);
    }

    private static TorchDenoiser Denoiser(NetworkGraph graph, TorchOptions? options = null)
    {
        // Weights by name, none of them zero: the same in graphs that share them.
        var weights = graph.Parameters.ToDictionary(p => p.Name, p => new HostTensor(
            [.. p.Shape], [.. Noise((int)p.Elements, seed: (ulong)p.Name.Sum(c => c * 31)).Select(v => 0.1f * v)]));
        return new TorchDenoiser(graph, p => weights[p.Name], options);
    }

    private static float[] Predict(TorchDenoiser denoiser, float[] x, double[] t)
    {
        var prediction = new float[x.Length];
        denoiser.Predict(new DenoiserInput { Count = t.Length, Shape = Graph.InputShape, X = x, Timesteps = t }, prediction);
        return prediction;
    }

    private static float[] Noise(int count, ulong seed = 9)
    {
        var values = new float[count];
        CounterNoise.Gaussian(seed, 0, values.AsSpan());
        return values;
    }
}
