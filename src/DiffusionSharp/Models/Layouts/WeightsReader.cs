using DiffusionSharp.Files;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Layouts;

/// <summary>
/// A network's parameters in an open file. Every name and shape was checked when it was opened; values are read when they are asked for, one
/// tensor at a time, so that an engine that stores them in a form of its own needs no second copy of all of them. Safe for concurrent
/// readers.
/// </summary>
public sealed class WeightsReader : IDisposable
{
    private readonly NetworkGraph graph;
    private readonly Dictionary<string, TensorInfo> views;

    private WeightsReader(TensorFile file, NetworkGraph graph, Dictionary<string, TensorInfo> views) => (File, this.graph, this.views) = (file, graph, views);

    /// <summary>The file.</summary>
    internal TensorFile File { get; }

    /// <summary>Opens a file and compares its names and shapes with the network's.</summary>
    /// <param name="path">A file of tensors with diffusers' parameter names, those of 2022 included.</param>
    /// <param name="graph">The network.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: no such file, or it is malformed or not this network's.</exception>
    public static WeightsReader Open(string path, NetworkGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return Open(path, new StateDict(WeightsLayout.Diffusers, string.Empty, false), null, graph);
    }

    /// <summary>Opens one set of weights in a file.</summary>
    internal static WeightsReader Open(string path, StateDict set, NetworkConfig? config, NetworkGraph graph) =>
        Open(path, set, graph, tensors => LayoutNames.Mapping(set.Layout, config, tensors));

    /// <summary>Opens one set of weights in a file, by names that may depend on its tensors.</summary>
    internal static WeightsReader Open(string path, StateDict set, NetworkGraph graph, Func<IReadOnlyDictionary<string, TensorInfo>, Func<string, SourceName>> names)
    {
        var file = TensorFiles.Open(path);
        try
        {
            var tensors = set.Select(path, file.Tensors);
            return new WeightsReader(file, graph, WeightsMap.Find(path, tensors, graph, names(tensors)));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads one parameter, as <see cref="Engine"/> asks for it.</summary>
    /// <param name="parameter">A parameter of the network.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: it is no floating-point tensor, or can no longer be read.</exception>
    public HostTensor Read(ParameterSpec parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return new HostTensor([.. parameter.Shape], File.ReadFloat32(views[parameter.Name]).Data);
    }

    /// <summary>Reads one parameter into memory of the caller.</summary>
    /// <param name="parameter">A parameter of the network.</param>
    /// <param name="destination">Receives its values in C order; exactly as long as it has elements.</param>
    /// <exception cref="DiffusionException">As above.</exception>
    public void Read(ParameterSpec parameter, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        File.ReadFloat32(views[parameter.Name], destination);
    }

    /// <summary>Reads all parameters by the network's names, in its order.</summary>
    /// <exception cref="DiffusionException">As <see cref="Read(ParameterSpec)"/>.</exception>
    public IReadOnlyList<KeyValuePair<string, HostTensor>> ReadAll() => [.. graph.Parameters.Select(p => KeyValuePair.Create(p.Name, Read(p)))];

    /// <summary>Closes the file.</summary>
    public void Dispose() => File.Dispose();
}
