using DiffusionSharp.Onnx.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Onnx.Tests;

/// <summary>Every operation of a graph, alone or nearly so, in ONNX Runtime against float64.</summary>
public sealed class OperationTests
{
    public static TheoryData<string> Names => [.. OperationGraphs.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Agrees_with_float64(string name) => OnnxRuntime.AssertAgrees(OperationGraphs.Case(name), 3e-6);
}
