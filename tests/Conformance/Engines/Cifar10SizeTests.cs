using Conformance.Networks;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace Conformance.Engines;

/// <summary>The error of a whole network of the usual size.</summary>
public class Cifar10SizeTests
{
    [Fact]
    public void The_CIFAR10_network_is_within_2e_5_of_float64()
    {
        var network = new NetworkCase(UNet.Build(new UNetConfig()), seed: 10, count: 1);
        Assert.Equal(35_746_307, network.Graph.ParameterCount);
        Relative.AssertWithin(2e-5, network.Predict(Engines.Usual), network.Reference(), "the network");
    }
}
