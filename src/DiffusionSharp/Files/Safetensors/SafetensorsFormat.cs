using System.Buffers.Binary;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Safetensors;

/// <summary>Reads the table of a safetensors file (https://github.com/huggingface/safetensors#format).</summary>
internal static class SafetensorsFormat
{
    public static TensorFile Read(FileBytes file)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (file.Length < 8 || !file.TryRead(prefix, 0))
        {
            throw ModelFileError.Malformed(file.Path, $"it has {file.Length} bytes, too few for a header");
        }

        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > SafetensorsHeader.MaxBytes)
        {
            throw ModelFileError.Malformed(file.Path, $"it declares a header of {headerLength} bytes (at most {SafetensorsHeader.MaxBytes} are accepted); is it a safetensors file?");
        }

        if ((long)headerLength > file.Length - 8)
        {
            throw ModelFileError.Malformed(file.Path, $"it declares a header of {headerLength} bytes but has only {file.Length - 8} after the length (cut off?)");
        }

        var json = new byte[(int)headerLength];
        if (!file.TryRead(json, 8))
        {
            throw ModelFileError.Malformed(file.Path, "it ends inside its header");
        }

        var (tensors, metadata) = SafetensorsHeader.Parse(file.Path, json, file.Length - 8 - json.Length);
        return new TensorFile(TensorContainer.Safetensors, [file], tensors, metadata);
    }
}
