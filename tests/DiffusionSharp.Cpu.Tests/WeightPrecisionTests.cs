using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests;

/// <summary>Weights in 16 bits, operation by operation: what is rounded is what the operation says, once, and all else is float32's.</summary>
public class WeightPrecisionTests
{
    public static TheoryData<string, WeightPrecision> Cases => new(
        from name in OperationGraphs.Names from precision in (WeightPrecision[])[WeightPrecision.BFloat16, WeightPrecision.Half] select (name, precision));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Weights_of_products_are_rounded_and_nothing_else(string name, WeightPrecision precision)
    {
        var network = OperationGraphs.Case(name);
        var products = network.Graph.Nodes.Select(n => n.Operation.Facts(n.Shape)).Where(f => f.IsProduct).Select(f => f.Parameters[0].Name).ToHashSet();
        var rounded = new NetworkCase(network.Graph, network.Seed, network.Count)
        {
            Weights = network.Weights.ToDictionary(w => w.Key, w => products.Contains(w.Key) ? Rounded(w.Value, precision) : w.Value),
        };
        var prediction = network.Predict(CpuEngine.With(new CpuOptions { WeightPrecision = precision }));
        Assert.True(Bits.AreEqual(rounded.Predict(CpuEngine.Default), prediction), "the weights that are stored are not those rounded once");
        Assert.Equal(products.Count == 0, Bits.AreEqual(network.Predict(CpuEngine.Default), prediction));
    }

    private static HostTensor Rounded(HostTensor weights, WeightPrecision precision) =>
        new([.. weights.Shape], Array.ConvertAll(weights.Data, w => precision == WeightPrecision.Half ? (float)(Half)w : BFloat16(w)));

    private static float BFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}
