using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>Makes views of storages and arrays, and checks that they lie inside.</summary>
internal static class TorchTensors
{
    public const int MaxRank = 16;

    // Strides of 0 repeat elements: that may make a tensor larger than its file, but not by more.
    private const int MaxRepeated = 1 << 16;

    /// <summary>(storage, offset, size, strides, …) of torch._utils._rebuild_tensor and its successors.</summary>
    public static PickleValue.Tensor Rebuild(PickleContext context, PickleValue.Sequence arguments, TensorDtype? dtype)
    {
        if (arguments[0] is not PickleValue.StorageValue { Storage: { } storage } || arguments[1] is not PickleValue.Integer { Value: >= 0 } offset
            || arguments[2] is not PickleValue.Sequence size || arguments[3] is not PickleValue.Sequence strides || size.Count != strides.Count)
        {
            throw context.Bad("a tensor in its pickle is not (storage, offset from 0, sizes, as many strides)");
        }

        var type = dtype ?? storage.Dtype ?? throw context.Bad("a tensor in its pickle has a storage without a type");
        context.Budget.ChargeArray(size.Count);
        return View(context, storage, type, offset.Value, Shape(context, size), Integers(context, strides));
    }

    /// <summary>A view of a storage, which must hold all of it.</summary>
    public static PickleValue.Tensor View(PickleContext context, PickleStorage storage, TensorDtype dtype, long offset, int[] shape, long[] strides)
    {
        var size = TensorInfo.ElementSize(dtype);
        var limit = context.File.Length + MaxRepeated;
        var (elements, last) = (Int128.One, (Int128)offset);
        for (var i = 0; i < shape.Length; i++)
        {
            // At most 16 factors of 31 bits: kept from overflowing by a limit that no real product exceeds.
            elements = elements > limit && shape[i] > 0 ? elements : elements * shape[i];
            last += (Int128)strides[i] * Math.Max(0, shape[i] - 1);
        }

        if (shape.Contains(0))
        {
            (elements, last) = (0, offset - 1);
        }

        if ((last + 1) * size > storage.Length)
        {
            throw context.Bad(
                $"a tensor of {dtype} [{string.Join(", ", shape)}] with strides [{string.Join(", ", strides)}] from element {offset} on does not lie in its {storage.Length} bytes"
                + (storage.Key.Length > 0 ? $" (storage '{Printable.Sanitize(storage.Key)}')" : ""));
        }

        if (elements * size > limit)
        {
            throw context.Bad($"a tensor of {dtype} [{string.Join(", ", shape)}] repeats elements until it is larger than the file");
        }

        context.Budget.Charge(64);
        return new PickleValue.Tensor(storage, dtype, offset, shape, IsPacked(shape, strides) ? null : strides);
    }

    public static int[] Shape(PickleContext context, PickleValue.Sequence sizes)
    {
        if (sizes.Count > MaxRank)
        {
            throw context.Bad($"a tensor in its pickle has {sizes.Count} dimensions (at most {MaxRank} are accepted)");
        }

        context.Budget.ChargeArray(sizes.Count);
        var shape = new int[sizes.Count];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = sizes[i] is PickleValue.Integer { Value: >= 0 and <= int.MaxValue } d
                ? (int)d.Value
                : throw context.Bad($"a tensor in its pickle has {sizes[i].AsLine() ?? sizes[i].Kind} as a dimension (0 to {int.MaxValue} are accepted)");
        }

        return shape;
    }

    private static long[] Integers(PickleContext context, PickleValue.Sequence values)
    {
        var result = new long[values.Count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = values[i] is PickleValue.Integer { Value: >= 0 } v
                ? v.Value
                : throw context.Bad($"a tensor in its pickle has {values[i].AsLine() ?? values[i].Kind} as a stride (integers from 0 are accepted)");
        }

        return result;
    }

    private static bool IsPacked(int[] shape, long[] strides)
    {
        var packed = 1L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            if (shape[i] != 1 && strides[i] != packed)
            {
                return shape.Contains(0);
            }

            packed *= Math.Max(1, shape[i]);
        }

        return true;
    }
}
