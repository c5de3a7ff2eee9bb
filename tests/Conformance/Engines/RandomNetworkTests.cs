using Conformance.Networks;
using CsCheck;
using DiffusionSharp.Torch.Native;
using TestKit.Networks;
using TorchSharp;

namespace Conformance.Engines;

/// <summary>Random networks on every engine, against float64; and the managed engine in all its forms, bit for bit.</summary>
public class RandomNetworkTests
{
    private const double Float32 = 2e-5;

    // On networks this small two threads of Torch wait for each other.
    public RandomNetworkTests()
    {
        if (TorchNative.Problem is null)
        {
            torch.set_num_threads(1);
        }
    }

    [Fact]
    public void Random_graphs() => RandomGraph.Cases.Sample(Agree, iter: 200, threads: 1);

    [Fact]
    public void Random_UNets() => RandomUNet.Cases.Sample(Agree, iter: 60, threads: 1);

    [Fact]
    public void Random_UNets_of_lucidrains() => RandomLucidrainsUNet.Cases.Sample(Agree, iter: 30, threads: 1);

    private static void Agree(NetworkCase network)
    {
        var reference = network.Reference();
        var predictions = Engines.Usable.ToDictionary(e => e.Key, e => network.Predict(e.Value));
        foreach (var (name, prediction) in predictions)
        {
            Relative.AssertWithin(Float32, prediction, reference, name);
        }

        var managed = predictions.Where(p => Engines.Managed.ContainsKey(p.Key)).ToList();
        foreach (var (name, prediction) in managed)
        {
            Assert.True(Bits.AreEqual(prediction, managed[0].Value), $"{name} differs from {managed[0].Key}");
        }
    }
}
