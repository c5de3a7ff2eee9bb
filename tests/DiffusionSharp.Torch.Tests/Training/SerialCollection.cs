namespace DiffusionSharp.Torch.Tests.Training;

/// <summary>Tests that count libtorch's tensors or set its threads: one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SerialCollection
{
    public const string Name = "libtorch's global state";
}
