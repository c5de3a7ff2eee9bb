using DiffusionSharp.Cpu.Tests.Training;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Torch.Ops;
using DiffusionSharp.Torch.Tests.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Tests.Ops;

/// <summary>
/// Numbers given to native code are held while it reads them: every place that gives one is called while another thread collects and
/// runs finalizers. A number that was freed shows as another result, an error, or the end of the process.
/// </summary>
[Collection(SerialCollection.Name)]
public sealed class CollectionTests
{
    private const int Calls = 1500;

    [TorchFact]
    public void Optimizer_average_and_clipping_keep_their_numbers() => WhileCollecting(() =>
    {
        var parameter = ones(4).DetachFromDisposeScope();
        using var adam = new FusedAdam([KeyValuePair.Create("w", parameter)], new AdamOptions { WeightDecay = 0.5 });
        using var plain = new FusedAdam([KeyValuePair.Create("w", parameter)], new AdamOptions { WeightDecay = 0.5, Decoupled = false }, fused: false);
        using var ema = new Ema([KeyValuePair.Create("w", parameter)], 0.5, warmUp: false);
        using var two = 2f.ToScalar();
        for (var i = 0; i < Calls; i++)
        {
            using var scope = NewDisposeScope();
            using var still = no_grad();
            Tensor[] gradients = [full([4], two)];
            Assert.Equal(4, GradientNorm.Clip(gradients, 1).item<float>());
            Assert.Equal(0.5f, gradients[0][0].item<float>(), 1e-5f);
            adam.Step(gradients, 0);
            plain.Step(gradients, 0);
            ema.Update();
            Assert.Equal(1, parameter[3].item<float>());
            Assert.Equal(1, ema.Shadows[0][3].item<float>());
        }

        parameter.Dispose();
    });

    [TorchFact]
    public void A_network_keeps_its_numbers() => WhileCollecting(() =>
    {
        var network = TinyRun.Network;
        var graph = Networks.UNet.Build(network);
        var weights = Networks.Initializer.Create(graph, seed: 1);
        using var denoiser = new TorchDenoiser(graph, p => weights[p.Name]);
        var x = new float[network.InputShape.Elements];
        var first = Predict();
        for (var i = 0; i < Calls / 30; i++)
        {
            Assert.Equal(first, Predict());
        }

        float[] Predict()
        {
            var m = new float[x.Length];
            denoiser.Predict(new Networks.DenoiserInput { Count = 1, Shape = network.InputShape, X = x, Timesteps = [500.0] }, m);
            return m;
        }
    });

    private static void WhileCollecting(Action work)
    {
        using var done = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            work();
        }
        finally
        {
            done.Cancel();
            collector.Join();
        }
    }
}
