using DiffusionSharp;
using DiffusionSharp.Files.Tensors;

namespace TestKit.Files;

/// <summary>Names and shapes of a PyTorch module's parameters, in the order in which its constructor makes them.</summary>
public sealed class ReferenceModule
{
    private readonly OrderedDictionary<string, int[]> tensors = [];

    /// <summary>The parameters.</summary>
    public IReadOnlyDictionary<string, int[]> Tensors => tensors;

    /// <summary>How many numbers they hold.</summary>
    public long Parameters => tensors.Values.Sum(s => s.Aggregate(1L, (n, d) => n * d));

    public void Conv(string name, int input, int output, int kernel, int dimensions = 2) => Add(name, [output, input, .. Enumerable.Repeat(kernel, dimensions)]);

    public void Linear(string name, int input, int output) => Add(name, [output, input]);

    public void Norm(string name, int channels) => Add(name, [channels]);

    public void Parameter(string name, params int[] shape) => tensors.Add(name, shape);

    public void Table(string name, int rows, int width) => tensors.Add($"{name}.weight", [rows, width]);

    /// <summary>The parameters without values.</summary>
    public Dictionary<string, TensorInfo> Infos(string prefix = "") =>
        tensors.ToDictionary(t => prefix + t.Key, t => new TensorInfo(prefix + t.Key, TensorDtype.F32, t.Value, 0));

    /// <summary>The parameters with values that differ from each other: a small number for every one, counted through all of them.</summary>
    public IReadOnlyList<KeyValuePair<string, HostTensor>> Values(string prefix = "", float scale = 1)
    {
        var next = 0;
        return [.. tensors.Select(t => KeyValuePair.Create(prefix + t.Key, new HostTensor(t.Value, [.. Enumerable.Range(0, t.Value.Aggregate(1, (n, d) => n * d)).Select(_ => scale * (next++ % 9973 - 4986) / 100000f)])))];
    }

    private void Add(string name, int[] weight)
    {
        tensors.Add($"{name}.weight", weight);
        tensors.Add($"{name}.bias", [weight[0]]);
    }
}
