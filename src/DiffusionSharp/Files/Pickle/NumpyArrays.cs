using System.Runtime.InteropServices;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>NumPy's arrays and scalars in a pickle.</summary>
internal static class NumpyArrays
{
    /// <summary>_codecs.encode(text, 'latin1'): how protocol 2 writes bytes.</summary>
    public static PickleValue.Bytes EncodeLatin1(PickleContext context, PickleValue value)
    {
        if (value is not PickleValue.Text text)
        {
            throw context.Bad("its pickle encodes something that is no text");
        }

        context.Budget.Charge(64);
        context.Budget.ChargeArray(text.Length, 1);
        var bytes = new byte[text.Length];
        var length = 0;
        if (text.Value is { } chars)
        {
            foreach (var c in chars)
            {
                bytes[length++] = c <= 0xFF ? (byte)c : throw NotLatin1(context);
            }
        }
        else
        {
            length = Decode(context, text, bytes);
        }

        return new PickleValue.Bytes(bytes.AsMemory(0, length), -1, length);
    }

    public static PickleValue.ArrayType Dtype(PickleContext context, PickleValue.Sequence arguments)
    {
        var code = arguments.Count is >= 1 and <= 3 ? arguments[0].AsText() : null;
        var bare = code is { Length: 3 } && code[0] is '<' or '|' or '=' ? code[1..] : code;
        context.Budget.ChargeObject();
        TensorDtype? dtype = bare switch
        {
            "f8" => TensorDtype.F64,
            "f4" => TensorDtype.F32,
            "f2" => TensorDtype.F16,
            "i8" => TensorDtype.I64,
            "i4" => TensorDtype.I32,
            "i2" => TensorDtype.I16,
            "i1" => TensorDtype.I8,
            "u1" => TensorDtype.U8,
            "b1" => TensorDtype.BOOL,
            _ => null,
        };
        return dtype is { } known ? new PickleValue.ArrayType(known) : Refuse(
            context,
            new PickleValue.ArrayType(TensorDtype.U8),
            $"a NumPy array in it has the type '{Printable.Sanitize(code ?? "", 40)}' (supported: f8, f4, f2, i8, i4, i2, i1, u1, b1); convert it with array.astype and save the file again");
    }

    /// <summary>The state of a dtype: (version, byte order, None, None, None, …).</summary>
    public static PickleValue.ArrayType BuildDtype(PickleContext context, PickleValue.ArrayType type, PickleValue state)
    {
        if (type.Refusal is not null)
        {
            return type;
        }

        return state is not PickleValue.Sequence { Type: SequenceKind.Tuple, Count: >= 5 and <= 9 } tuple
            || tuple[2] is not PickleValue.None || tuple[3] is not PickleValue.None || tuple[4] is not PickleValue.None
            ? Refuse(context, type, "a NumPy type in its pickle has fields or a state that is not known; convert the array with array.astype and save the file again")
            : tuple[1].AsText() switch
            {
                "<" or "|" or "=" => type,
                ">" => Refuse(context, type, "a NumPy array in it is big-endian; convert it with array.astype('<f4') and save the file again"),
                _ => throw context.Bad("a NumPy type in its pickle has no byte order that is known"),
            };
    }

    // Whoever holds the type already sees it as well.
    private static PickleValue.ArrayType Refuse(PickleContext context, PickleValue.ArrayType type, string refusal)
    {
        context.Budget.Charge(512);
        type.Refusal = refusal;
        return context.HasStorages ? type : throw ModelFileError.Refused(context.Path, refusal);
    }

    public static PickleValue Scalar(PickleContext context, PickleValue.Sequence arguments)
    {
        if (arguments.Count == 2 && arguments[0] is PickleValue.ArrayType { Refusal: { } refusal })
        {
            return context.Opaque("numpy scalar", refusal, arguments);
        }

        if (arguments.Count != 2 || arguments[0] is not PickleValue.ArrayType { Dtype: var dtype }
            || arguments[1] is not PickleValue.Bytes { InMemory: { } memory } || memory.Length != TensorInfo.ElementSize(dtype))
        {
            throw context.Bad("a NumPy scalar in its pickle is not (type, its bytes)");
        }

        context.Budget.ChargeObject();
        var bytes = memory.Span;
        return dtype switch
        {
            TensorDtype.F64 => new PickleValue.Number(MemoryMarshal.Read<double>(bytes)),
            TensorDtype.F32 => new PickleValue.Number(MemoryMarshal.Read<float>(bytes)),
            TensorDtype.F16 => new PickleValue.Number((double)MemoryMarshal.Read<Half>(bytes)),
            TensorDtype.BOOL => bytes[0] == 0 ? PickleValue.Flag.False : PickleValue.Flag.True,
            TensorDtype.I64 => PickleValue.Integer.Create(MemoryMarshal.Read<long>(bytes), context.Budget),
            TensorDtype.I32 => PickleValue.Integer.Create(MemoryMarshal.Read<int>(bytes), context.Budget),
            TensorDtype.I16 => PickleValue.Integer.Create(MemoryMarshal.Read<short>(bytes), context.Budget),
            TensorDtype.I8 => PickleValue.Integer.Create((sbyte)bytes[0], context.Budget),
            _ => PickleValue.Integer.Create(bytes[0], context.Budget),
        };
    }

    /// <summary>_reconstruct(ndarray, (0,), b'b'): an empty array that BUILD fills.</summary>
    public static PickleValue.ArrayShell Reconstruct(PickleContext context, PickleValue.Sequence arguments)
    {
        if (arguments.Count != 3 || arguments[0] is not PickleValue.Global { Function: PickleFunction.ArrayClass })
        {
            throw context.Bad("a NumPy array in its pickle is of a class that is not known");
        }

        context.Budget.ChargeObject();
        return new PickleValue.ArrayShell();
    }

    /// <summary>The state of an array: (version, shape, dtype, Fortran order, bytes).</summary>
    public static PickleValue BuildArray(PickleContext context, PickleValue.ArrayShell shell, PickleValue state)
    {
        if (shell.Built is not null || state is not PickleValue.Sequence { Type: SequenceKind.Tuple, Count: 5 } tuple)
        {
            throw NotAnArray(context);
        }

        if (Unreadable(context, tuple[2], tuple) is { } opaque)
        {
            return shell.Built = opaque;
        }

        if (tuple[1] is not PickleValue.Sequence shape || tuple[2] is not PickleValue.ArrayType type || tuple[4] is not PickleValue.Bytes bytes)
        {
            throw NotAnArray(context);
        }

        var fortran = tuple[3] switch
        {
            PickleValue.Flag flag => flag.Value,
            PickleValue.Integer { Value: 0 or 1 } integer => integer.Value == 1,
            _ => throw context.Bad("a NumPy array in its pickle has no order that is known"),
        };
        return shell.Built = Array(context, shape, type.Dtype, fortran, bytes);
    }

    /// <summary>_frombuffer(bytes, dtype, shape, order): protocol 5.</summary>
    public static PickleValue FromBuffer(PickleContext context, PickleValue.Sequence arguments) =>
        arguments.Count == 4 && Unreadable(context, arguments[1], arguments) is { } opaque ? opaque
        : arguments.Count == 4 && arguments[0] is PickleValue.Bytes bytes && arguments[1] is PickleValue.ArrayType type && arguments[2] is PickleValue.Sequence shape
            && arguments[3].AsText() is "C" or "F"
            ? Array(context, shape, type.Dtype, arguments[3].AsText() == "F", bytes)
            : throw context.Bad("a NumPy array in its pickle is not (bytes, type, shape, order)");

    // An array of a type that is not read.
    private static PickleOpaque? Unreadable(PickleContext context, PickleValue type, PickleValue.Sequence parts) => type switch
    {
        PickleValue.ArrayType { Refusal: { } refusal } => context.Opaque("numpy.ndarray", refusal, parts),
        PickleOpaque unknown => context.Opaque(unknown.FullName, unknown.OwnRefusal, parts),
        _ => null,
    };

    private static DiffusionException NotAnArray(PickleContext context) => context.Bad("the state of a NumPy array in its pickle is not (version, shape, type, order, bytes)");

    private static PickleValue.Tensor Array(PickleContext context, PickleValue.Sequence sizes, TensorDtype dtype, bool fortran, PickleValue.Bytes bytes)
    {
        var shape = TorchTensors.Shape(context, sizes);
        var count = Int128.One;
        foreach (var d in shape)
        {
            count = count > long.MaxValue && d > 0 ? count : count * d;
        }

        count = shape.Contains(0) ? 0 : count;
        if (count * TensorInfo.ElementSize(dtype) != bytes.Length)
        {
            throw context.Bad($"a NumPy array of {dtype} [{string.Join(", ", shape)}] in its pickle has {bytes.Length} bytes");
        }

        context.Budget.ChargeArray(shape.Length);
        return TorchTensors.View(context, context.Inline(bytes, dtype), dtype, 0, shape, fortran ? FortranStrides(shape) : TensorInfo.ContiguousStrides(shape));
    }

    private static long[] FortranStrides(int[] shape)
    {
        var strides = new long[shape.Length];
        for (var (i, at) = (0, 1L); i < shape.Length; at *= Math.Max(1, shape[i]), i++)
        {
            strides[i] = at;
        }

        return strides;
    }

    // Of the UTF-8 forms only those of U+0000 to U+00FF can occur: one byte, or C2/C3 and another.
    private static int Decode(PickleContext context, PickleValue.Text text, byte[] destination)
    {
        var cursor = new ByteCursor(context.File, text.Offset, text.Offset + text.Length);
        context.Budget.ChargeArray(ByteCursor.MaxRead, 1);
        var length = 0;
        while (cursor.Remaining > 0)
        {
            var b = cursor.ReadByte();
            if (b >= 0x80)
            {
                var low = b is 0xC2 or 0xC3 && cursor.Remaining > 0 ? cursor.ReadByte() : throw NotLatin1(context);
                b = (low & 0xC0) == 0x80 ? (byte)((b << 6) | (low & 0x3F)) : throw NotLatin1(context);
            }

            destination[length++] = b;
        }

        return length;
    }

    private static DiffusionException NotLatin1(PickleContext context) => context.Bad("bytes in its pickle are written as text that is not Latin-1");
}
