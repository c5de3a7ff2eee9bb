using DiffusionSharp.Networks;

namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>The weights of an <see cref="InceptionNetwork"/> from tensors with pytorch-fid's names.</summary>
internal static class InceptionWeights
{
    private const double Epsilon = 0.001;

    /// <summary>A parameter of the network: of a convolution, with the batch norm behind it.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="tensors">Reads a tensor by its name, such as <c>Mixed_5b.branch1x1.bn.running_var</c>.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: a tensor has another shape.</exception>
    public static HostTensor Read(ParameterSpec parameter, Func<string, HostTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(tensors);
        var channels = parameter.Shape[0];
        if (parameter.Name.EndsWith(".conv.weight", StringComparison.Ordinal))
        {
            return Norm(parameter.Name[..^".conv.weight".Length]).Weight(Tensor(parameter.Name, parameter.Shape));
        }

        return parameter.Name.EndsWith(".conv.bias", StringComparison.Ordinal)
            ? Norm(parameter.Name[..^".conv.bias".Length]).Bias()
            : Tensor(parameter.Name, parameter.Shape);

        BatchNorm Norm(string name) => new(
            Vector($"{name}.bn.weight"), Vector($"{name}.bn.bias"), Vector($"{name}.bn.running_mean"), Vector($"{name}.bn.running_var"), Epsilon);

        float[] Vector(string name) => Tensor(name, [channels]).Data;

        HostTensor Tensor(string name, ValueList<int> shape)
        {
            var tensor = tensors(name);
            return tensor.Shape.SequenceEqual(shape)
                ? tensor
                : throw new DiffusionException(
                    ErrorKind.ModelFile,
                    $"Inception weights: tensor '{name}' is [{string.Join(", ", tensor.Shape)}], expected [{string.Join(", ", shape)}]: give the weights that pytorch-fid uses");
        }
    }
}
