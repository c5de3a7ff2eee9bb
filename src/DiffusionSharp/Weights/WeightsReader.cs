using DiffusionSharp.Networks;

namespace DiffusionSharp.Weights;

/// <summary>
/// A network's parameters in an open safetensors file. Every name and shape was checked when it was opened; values are read when they are
/// asked for, one tensor at a time, so that an engine that stores them in a form of its own needs no second copy of all of them. Safe for
/// concurrent readers.
/// </summary>
public sealed class WeightsReader : IDisposable
{
    private readonly TensorFile file;
    private readonly NetworkGraph graph;
    private readonly Dictionary<string, string> names;

    private WeightsReader(TensorFile file, NetworkGraph graph, Dictionary<string, string> names) =>
        (this.file, this.graph, this.names) = (file, graph, names);

    /// <summary>Opens a file and compares its names and shapes with the network's.</summary>
    /// <param name="path">A safetensors file with diffusers' parameter names, those of 2022 included.</param>
    /// <param name="graph">The network.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: no such file, or it is malformed or not this network's.</exception>
    public static WeightsReader Open(string path, NetworkGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var file = TensorFile.Open(path);
        try
        {
            var names = CurrentNames(file);
            WeightsCheck.Against(path, names.Select(n => KeyValuePair.Create(n.Key, file.Tensors[n.Value].Shape)), graph);
            return new WeightsReader(file, graph, names);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads one parameter, as <see cref="Models.Engine"/> asks for it.</summary>
    /// <param name="parameter">A parameter of the network.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: it is no floating-point tensor, or can no longer be read.</exception>
    public HostTensor Read(ParameterSpec parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return file.ReadFloat32(names[parameter.Name]);
    }

    /// <summary>Reads all parameters, by diffusers' current names, in the network's order.</summary>
    /// <exception cref="DiffusionException">As <see cref="Read"/>.</exception>
    public IReadOnlyList<KeyValuePair<string, HostTensor>> ReadAll() => [.. graph.Parameters.Select(p => KeyValuePair.Create(p.Name, Read(p)))];

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private static Dictionary<string, string> CurrentNames(TensorFile file)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in file.Tensors.Keys)
        {
            if (!names.TryAdd(AttentionNames.ToCurrent(name), name))
            {
                throw ModelFileError.Malformed(file.Path, $"it has '{AttentionNames.ToCurrent(name)}' under its old and its new name");
            }
        }

        return names;
    }
}
