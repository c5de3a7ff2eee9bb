using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Models.Layouts;

/// <summary>Shapes of a state dict that a layout infers its network from.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="dict">The state dict.</param>
internal sealed class StateDictShapes(string path, IReadOnlyDictionary<string, TensorInfo> dict)
{
    /// <summary>The first dimension of a weight.</summary>
    public int Out(string name) => Dimension(name, 0);

    /// <summary>The second dimension of a weight.</summary>
    public int In(string name) => Dimension(name, 1);

    /// <summary>The error that a tensor is not there.</summary>
    public DiffusionException Missing(string name) => Bad($"it has no tensor '{name}', which every network of its kind has");

    /// <summary>The error that the file says too little.</summary>
    /// <param name="what">What it does not say.</param>
    /// <param name="example">What to tell.</param>
    public DiffusionException Tell(string what, string example) => Bad($"it does not say {what}: tell it among the facts about it ({example}); ddim convert with them writes a folder that says everything");

    /// <summary>Any other error.</summary>
    public DiffusionException Bad(string reason) => new(ErrorKind.ModelFile, $"model file '{path}': {reason}");

    /// <summary>A dimension of a weight.</summary>
    public int Dimension(string name, int dimension)
    {
        var shape = dict.TryGetValue(name, out var tensor) ? tensor.Shape : throw Missing(name);
        return shape.Count > dimension && shape[dimension] > 0 ? shape[dimension] : throw Bad($"the tensor '{name}' has the shape [{string.Join(", ", shape)}], a weight was expected");
    }
}
