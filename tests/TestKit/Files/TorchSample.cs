using System.Runtime.InteropServices;
using DiffusionSharp;
using DiffusionSharp.Files.Tensors;

namespace TestKit.Files;

/// <summary>A tensor to be saved: a view of a storage.</summary>
public sealed record TorchSample(string Name, string Key, long Offset, int[] Shape, long[] Strides)
{
    public bool IsParameter { get; init; }

    /// <summary>Its elements in C order, one by one from the definition of a stride.</summary>
    public byte[] Elements(TorchStorage storage)
    {
        var size = TensorInfo.ElementSize(storage.Dtype);
        var count = Shape.Aggregate(1, (a, b) => a * b);
        var result = new List<byte>();
        for (var k = 0; k < count; k++)
        {
            var (at, rest) = (Offset, k);
            for (var d = Shape.Length - 1; d >= 0; d--)
            {
                at += rest % Shape[d] * Strides[d];
                rest /= Shape[d];
            }

            result.AddRange(storage.Bytes[(int)(at * size)..(int)((at + 1) * size)]);
        }

        return [.. result];
    }
}

/// <summary>A storage.</summary>
public sealed record TorchStorage(string Key, TensorDtype Dtype, byte[] Bytes)
{
    public long Elements => Bytes.Length / TensorInfo.ElementSize(Dtype);

    public string Type => Dtype switch
    {
        TensorDtype.F64 => "DoubleStorage",
        TensorDtype.F32 => "FloatStorage",
        TensorDtype.F16 => "HalfStorage",
        TensorDtype.BF16 => "BFloat16Storage",
        TensorDtype.I64 => "LongStorage",
        TensorDtype.I32 => "IntStorage",
        TensorDtype.I16 => "ShortStorage",
        TensorDtype.I8 => "CharStorage",
        TensorDtype.U8 => "ByteStorage",
        _ => "BoolStorage",
    };
}

/// <summary>A state dict.</summary>
public sealed record TorchDict(TorchStorage[] Storages, TorchSample[] Tensors)
{
    /// <summary>Tensors in C order, each in a storage of its own.</summary>
    public static TorchDict FromTensors(IReadOnlyList<KeyValuePair<string, HostTensor>> tensors) => new(
        [.. tensors.Select((t, i) => new TorchStorage($"{i}", TensorDtype.F32, MemoryMarshal.AsBytes(t.Value.Data.AsSpan()).ToArray()))],
        [.. tensors.Select((t, i) => new TorchSample(t.Key, $"{i}", 0, [.. t.Value.Shape], TensorInfo.ContiguousStrides(t.Value.Shape)))]);

    public TorchStorage Storage(string key) => Storages.Single(s => s.Key == key);
}
