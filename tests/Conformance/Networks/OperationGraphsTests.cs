using DiffusionSharp.Networks;
using TestKit.Networks;

namespace Conformance.Networks;

/// <summary>The graphs that every engine is tried on leave no operation out, and an operation says of itself what is true.</summary>
public class OperationGraphsTests
{
    public static TheoryData<string> Names => [.. OperationGraphs.Names];

    [Fact]
    public void Every_operation_is_there()
    {
        var tested = OperationGraphs.Names.SelectMany(name => OperationGraphs.Build(name).Nodes).Select(n => n.Operation.GetType()).Distinct();
        Assert.Equal(typeof(Operation).GetNestedTypes().Select(t => t.Name).Order(), tested.Select(t => t.Name).Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_operations_know_the_parameters_of_their_graph(string name)
    {
        var graph = OperationGraphs.Build(name);
        Assert.Equal(graph.Parameters, graph.Nodes.SelectMany(n => n.Operation.Facts(n.Shape).Parameters));
    }

    // Of those that multiply: by hand, two for each multiply-add.
    [Theory]
    [InlineData("stride 2", 2 * (5 * 3) * 4 * (3 * 9))]
    [InlineData("linear without bias", 2 * (3 * 4) * 7 * 5)]
    [InlineData("attention over one pixel", (2 * 2 * 4 * 4) + (2 * 2 * 4))]
    [InlineData("attention with memory", (2 * 12 * 2 * 6 * 6) + (2 * 2 * 12 * (12 + 5) * 6))]
    [InlineData("linear attention with memory", (2 * 12 * 2 * 6 * 6) + (2 * ((2 * 12) + 5) * 3 * 6))]
    [InlineData("gelu", 0)]
    public void Products_are_counted(string name, long flops) => Assert.Equal(flops, OperationGraphs.Build(name).FlopsPerImage);
}
