using DiffusionSharp.Networks;
using DiffusionSharp.Onnx.Tests.Kit;
using Microsoft.ML.OnnxRuntime;
using TestKit.Networks;

namespace DiffusionSharp.Onnx.Tests;

/// <summary>What is in the file, and what is left when it cannot be written.</summary>
public sealed class FileTests : Scratch
{
    private static readonly NetworkCase Network = SmallUNets.Case("classes, scale and shift, heads", images: 2);

    private static NetworkGraph Graph => Network.Graph;

    [Fact]
    public void Ports_have_their_names_types_and_shapes()
    {
        OnnxExport.Network(Model, Graph, Weights);
        using var session = new InferenceSession(Model);
        Assert.Equal(["x", "t", "labels"], session.InputNames);
        Assert.Equal(["m"], session.OutputNames);
        Assert.Equal([typeof(float), typeof(double), typeof(long)], session.InputNames.Select(n => session.InputMetadata[n].ElementType));
        Assert.Equal([-1, 3, 12, 8], session.InputMetadata["x"].Dimensions);
        Assert.Equal([-1], session.InputMetadata["t"].Dimensions);
        Assert.Equal([-1, 3, 12, 8], session.OutputMetadata["m"].Dimensions);
        Assert.Equal(["N", "", "", ""], session.InputMetadata["x"].SymbolicDimensions);
        Assert.Equal("DiffusionSharp", session.ModelMetadata.ProducerName);
    }

    [Fact]
    public void Weights_are_asked_for_once_each_and_lie_in_the_file_under_their_names()
    {
        var asked = new List<string>();
        OnnxExport.Network(Model, Graph, p =>
        {
            asked.Add(p.Name);
            return Weights(p);
        });
        Assert.Equal(Graph.Parameters.Select(p => p.Name).Order(StringComparer.Ordinal), asked.Order(StringComparer.Ordinal));

        var bytes = File.ReadAllBytes(Model);
        foreach (var p in Graph.Parameters)
        {
            var data = System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(Weights(p).Data);
            Assert.True(bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(p.Name)) >= 0, p.Name);
            Assert.True(bytes.AsSpan().IndexOf(data) >= 0, p.Name);
        }
    }

    [Fact]
    public void Large_weights_go_to_a_second_file()
    {
        OnnxExport.Network(Model, Graph, Weights);
        var size = new FileInfo(Model).Length;
        OnnxExport.Network(Model, Graph, Weights, new OnnxOptions { MostBytes = size / 2 });

        Assert.Equal(["model.onnx", "model.onnx.data"], Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.InRange(new FileInfo(Model).Length, 1, size - (Graph.ParameterCount * sizeof(float)) + (200 * Graph.Parameters.Count));
        using var external = new Cli.Optional.OnnxRuntimeModel(Model, threads: 1);
        Assert.Equal(Network.Predict(OnnxRuntime.With(new OnnxOptions())), Network.Predict(external));
    }

    [Fact]
    public void Equal_input_gives_equal_bytes()
    {
        OnnxExport.Network(Model, Graph, Weights);
        var first = File.ReadAllBytes(Model);
        OnnxExport.Network(Model, Graph, Weights);
        Assert.Equal(first, File.ReadAllBytes(Model));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1000)]
    public void What_fails_half_way_leaves_the_old_file(long mostBytes)
    {
        File.WriteAllText(Model, "old");
        var left = 5;
        HostTensor Failing(ParameterSpec p) => left-- > 0 ? Weights(p) : new HostTensor([1], [0]);
        var e = Assert.Throws<DiffusionException>(() => OnnxExport.Network(Model, Graph, Failing, new OnnxOptions { MostBytes = mostBytes }));

        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains("has shape [1]", e.Message);
        Assert.Equal("old", File.ReadAllText(Model));
        Assert.Single(Directory.GetFiles(Folder));
    }

    private static HostTensor Weights(ParameterSpec parameter) => Network.Weights[parameter.Name];
}
