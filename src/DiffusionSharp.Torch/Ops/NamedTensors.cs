using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Ops;

/// <summary>Tensors under names, to and from the host; names and shapes are checked before anything is written.</summary>
internal static class NamedTensors
{
    /// <summary>Copies out.</summary>
    public static Dictionary<string, HostTensor> Export(IReadOnlyList<string> names, IReadOnlyList<Tensor> tensors, string prefix = "")
    {
        var result = new Dictionary<string, HostTensor>(names.Count, StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            result.Add(prefix + names[i], HostCopy.ToHostTensor(tensors[i]));
        }

        return result;
    }

    /// <summary>Throws unless every name is in <paramref name="source"/> with its tensor's shape.</summary>
    /// <exception cref="DiffusionException">A tensor is missing or has another shape (<see cref="ErrorKind.ModelFile"/>).</exception>
    public static void Check(
        IReadOnlyList<string> names, IReadOnlyList<Tensor> tensors, IReadOnlyDictionary<string, HostTensor> source, string what, string prefix = "")
    {
        for (var i = 0; i < names.Count; i++)
        {
            var name = prefix + names[i];
            var expected = tensors[i].shape;
            if (!source.TryGetValue(name, out var found))
            {
                throw new DiffusionException(
                    ErrorKind.ModelFile,
                    $"{what}: tensor {name} [{string.Join(", ", expected)}] is missing; it was saved for another network or is damaged");
            }

            if (!found.Shape.Select(d => (long)d).SequenceEqual(expected))
            {
                throw new DiffusionException(
                    ErrorKind.ModelFile,
                    $"{what}: tensor {name} has shape [{string.Join(", ", found.Shape)}], the network needs [{string.Join(", ", expected)}]");
            }
        }
    }

    /// <summary>Copies in, after <see cref="Check"/>.</summary>
    public static void Import(
        IReadOnlyList<string> names, IReadOnlyList<Tensor> tensors, IReadOnlyDictionary<string, HostTensor> source, string prefix = "")
    {
        for (var i = 0; i < names.Count; i++)
        {
            HostCopy.Write(source[prefix + names[i]].Data, tensors[i]);
        }
    }
}
