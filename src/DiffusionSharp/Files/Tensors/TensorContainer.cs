namespace DiffusionSharp.Files.Tensors;

/// <summary>What a file of tensors is made as.</summary>
public enum TensorContainer
{
    /// <summary>Hugging Face's safetensors.</summary>
    Safetensors,

    /// <summary>Safetensors in several files with an index.</summary>
    Shards,

    /// <summary>torch.save since PyTorch 1.6: a zip archive.</summary>
    TorchZip,

    /// <summary>torch.save before PyTorch 1.6: pickles with raw storages behind them.</summary>
    TorchLegacy,
}
