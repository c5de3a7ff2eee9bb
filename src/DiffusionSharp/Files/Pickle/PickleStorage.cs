using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>The bytes that tensors are views of.</summary>
internal sealed class PickleStorage
{
    public required string Key { get; init; }

    /// <summary>Bytes of one element, as the file counts them.</summary>
    public required int ElementSize { get; init; }

    /// <summary>Its type; null when it is bytes of any type.</summary>
    public TensorDtype? Dtype { get; init; }

    /// <summary>Bytes it has.</summary>
    public required long Length { get; init; }

    /// <summary>Whether its bytes lie in the pickle itself, as NumPy's do.</summary>
    public bool IsInline { get; init; }

    /// <summary>Where it begins in the file; known when the container has been read.</summary>
    public long Start { get; set; } = -1;

    /// <summary>Which of the files its bytes are in.</summary>
    public int File { get; init; }

    /// <summary>Of files before PyTorch 0.4: the storage this one is a part of.</summary>
    public PickleStorage? Root { get; init; }

    /// <summary>Where in it, in bytes.</summary>
    public long RootOffset { get; init; }
}
