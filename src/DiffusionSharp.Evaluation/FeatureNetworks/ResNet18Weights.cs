using DiffusionSharp.Evaluation.Onnx;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>
/// The weights of a <see cref="ResNet18Network"/> from the file ResNet18.onnx of the package Microsoft.ML.DnnImageFeaturizer.ResNet18. Its convolutions are in the
/// order of the network, a block's shortcut first, and each is read by a batch norm. Its paddings of strided windows, one row less behind than before, are the
/// network's: of even sides the last row behind is never read.
/// </summary>
internal sealed class ResNet18Weights
{
    private readonly Dictionary<string, (HostTensor Weight, BatchNorm Norm)> convolutions = [];

    /// <summary>Finds the convolutions of a file.</summary>
    /// <param name="model">The file.</param>
    /// <param name="graph">The network.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: it is of another network.</exception>
    public ResNet18Weights(OnnxModel model, NetworkGraph graph)
    {
        OnnxNode[] found = [.. model.Nodes.Where(n => n is { Operation: "Conv", Inputs.Count: 2, Outputs.Count: 1 })];
        ParameterSpec[] expected = [.. graph.Parameters.Where(p => p.Shape.Count == 4)];
        if (found.Length != expected.Length)
        {
            throw Other(model, $"it has {found.Length} convolutions without a bias, the network has {expected.Length}");
        }

        foreach (var (node, parameter) in found.Zip(expected))
        {
            var weight = model.Initializer(node.Inputs[1]);
            var norm = model.Nodes.FirstOrDefault(n => n is { Operation: "BatchNormalization", Inputs.Count: 5 } && n.Inputs[0] == node.Outputs[0])
                ?? throw Other(model, $"no batch norm follows the convolution of {parameter.Name}");
            float[][] vectors = [.. norm.Inputs.Skip(1).Select(i => model.Initializer(i).Data)];
            if (!weight.Shape.SequenceEqual(parameter.Shape) || vectors.Any(v => v.Length != parameter.Shape[0]))
            {
                throw Other(model, $"where {parameter.Name} is {parameter.Shape} it has [{string.Join(", ", weight.Shape)}], or a batch norm of other channels");
            }

            convolutions.Add(parameter.Name[..^".weight".Length], (weight, new(vectors[0], vectors[1], vectors[2], vectors[3], norm.Floats.GetValueOrDefault("epsilon", 1e-5f))));
        }
    }

    /// <summary>A parameter of the network: of a convolution, with the batch norm behind it.</summary>
    public HostTensor Read(ParameterSpec parameter)
    {
        var (name, isBias) = (parameter.Name[..parameter.Name.LastIndexOf('.')], parameter.Shape.Count == 1);
        return isBias ? convolutions[name].Norm.Bias() : convolutions[name].Norm.Weight(convolutions[name].Weight);
    }

    private static DiffusionException Other(OnnxModel model, string what) =>
        new(ErrorKind.ModelFile, $"model file '{model.Path}' is not the expected ResNet18.onnx: {what}; take that of Microsoft.ML.DnnImageFeaturizer.ResNet18");
}
