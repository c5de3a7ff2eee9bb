using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Checks;
using DiffusionSharp.Torch.Native;
using DiffusionSharp.Torch.Ops;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Engine;

/// <summary>A network on a device: its parameters, and the program that runs them.</summary>
internal sealed class TorchNetwork : IDisposable
{
    private readonly OrderedDictionary<string, Tensor> parameters = [];
    private readonly TorchProgram program;
    private readonly bool owns;

    public TorchNetwork(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights, TorchOptions options, bool trainable)
    {
        TorchNative.EnsureLoaded();
        owns = true;
        Graph = graph;
        Options = options;
        Device = TorchDevice.Parse(options.Device);
        var computeType = ComputeType(options.Precision);
        ConvolutionCheck.Require(Device, computeType);

        // What convolutions and matrices multiply and add in the compute type: cast once when it does not change.
        var cast = trainable ? [] : graph.Nodes.Select(n => n.Operation.Facts(n.Shape)).Where(f => f.IsProduct).SelectMany(f => f.Parameters).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var spec in graph.Parameters)
        {
            parameters.Add(spec.Name, Upload(spec, spec.Accept(weights(spec)), trainable, cast.Contains(spec.Name) ? computeType : ScalarType.Float32));
        }

        program = new TorchProgram(graph, spec => parameters[spec.Name], computeType);
    }

    // The values of others, as they are at each call; they stay their owner's.
    private TorchNetwork(NetworkGraph graph, IEnumerable<KeyValuePair<string, Tensor>> parameters, TorchOptions options)
    {
        (Graph, Options, Device) = (graph, options, TorchDevice.Parse(options.Device));
        this.parameters = new OrderedDictionary<string, Tensor>(parameters);
        program = new TorchProgram(graph, spec => this.parameters[spec.Name], ComputeType(options.Precision));
    }

    public NetworkGraph Graph { get; }

    public TorchOptions Options { get; }

    public Device Device { get; }

    /// <summary>The parameters in the graph's order.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => parameters;

    /// <summary>The same network, in float32, with tensors of the same names and shapes, which are read at each call.</summary>
    public TorchNetwork With(IEnumerable<KeyValuePair<string, Tensor>> others) => new(Graph, others, Options with { Precision = ComputePrecision.Float32 });

    /// <summary>Predicts m in float32, [N, C', H, W]; x is [N, C, H, W] float32, t [N] float64, labels [N] int64.</summary>
    public Tensor Forward(Tensor x, Tensor t, Tensor? labels, DropoutFactors? dropout = null, CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        var laidOut = Options.ChannelsLast ? x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : x;
        var m = program.Run(laidOut, t, labels, dropout, cancellationToken);
        return m.to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>The parameters' values by name.</summary>
    public IReadOnlyDictionary<string, HostTensor> ToHost() => parameters.ToDictionary(p => p.Key, p => HostCopy.ToHostTensor(p.Value));

    /// <summary>Compares convolutions with plain C# once more; says what is wrong with them, or null.</summary>
    public string? CheckAgain() => ConvolutionCheck.Again(Device, ComputeType(Options.Precision)).Problem;

    public void Dispose()
    {
        foreach (var parameter in parameters.Values.Where(_ => owns))
        {
            parameter.Dispose();
        }
    }

    private static ScalarType ComputeType(ComputePrecision precision) =>
        precision == ComputePrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;

    private Tensor Upload(ParameterSpec spec, HostTensor weights, bool trainable, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var tensor = HostCopy.ToTensor<float>(weights.Data, [.. spec.Shape.Select(d => (long)d)], Device);
        return (trainable ? tensor.detach().requires_grad_(true) : tensor.to(type)).DetachFromDisposeScope();
    }
}
