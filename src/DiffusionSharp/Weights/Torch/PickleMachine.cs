using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace DiffusionSharp.Weights;

/// <summary>
/// Reads one pickle as data. It knows the instructions that torch.save and NumPy write and a short list of names; everything else is an
/// error with its name. Nothing is executed, looked up or created by name.
/// </summary>
internal sealed class PickleMachine
{
    private const int MaxDigits = 1000;
    private const int MaxLine = 4096;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly ByteCursor cursor;
    private readonly PickleContext context;
    private readonly PickleStack stack;
    private readonly ReadBudget budget;
    private readonly string path;

    private PickleMachine(ByteCursor cursor, PickleContext context)
    {
        (this.cursor, this.context, budget, path) = (cursor, context, context.Budget, context.Path);
        stack = new PickleStack(path, budget);
    }

    /// <summary>Reads a pickle; the cursor stands behind it then.</summary>
    public static PickleValue Load(ByteCursor cursor, PickleContext context) => new PickleMachine(cursor, context).Run();

    private PickleValue Run()
    {
        while (true)
        {
            var opcode = (PickleOpcode)cursor.ReadByte();
            if (opcode == PickleOpcode.STOP)
            {
                var result = stack.Pop();
                return stack.Count == 0 ? result : throw Bad($"{stack.Count} values are left over at the end of its pickle");
            }

            Step(opcode);
        }
    }

    private void Step(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.PROTO: Protocol(cursor.ReadByte()); break;
            case PickleOpcode.FRAME: Frame(Unsigned(8)); break;
            case PickleOpcode.MARK: stack.Mark(); break;
            case PickleOpcode.POP: stack.Pop(); break;
            case PickleOpcode.POP_MARK: stack.PopMark(); break;
            case PickleOpcode.DUP: stack.Push(stack.Peek()); break;
            case PickleOpcode.NONE: stack.Push(PickleValue.None.Instance); break;
            case PickleOpcode.NEWTRUE: stack.Push(PickleValue.Flag.True); break;
            case PickleOpcode.NEWFALSE: stack.Push(PickleValue.Flag.False); break;
            case PickleOpcode.BININT: PushInteger((int)Unsigned(4)); break;
            case PickleOpcode.BININT1: PushInteger(cursor.ReadByte()); break;
            case PickleOpcode.BININT2: PushInteger((long)Unsigned(2)); break;
            case PickleOpcode.LONG1: PushLong(cursor.ReadByte()); break;
            case PickleOpcode.LONG4: PushLong(Unsigned(4)); break;
            case PickleOpcode.INT: Integer(cursor.ReadLine(MaxDigits)); break;
            case PickleOpcode.LONG: Integer(cursor.ReadLine(MaxDigits)); break;
            case PickleOpcode.FLOAT: Float(cursor.ReadLine(MaxDigits)); break;
            case PickleOpcode.BINFLOAT: PushNumber(BinaryPrimitives.ReadDoubleBigEndian(cursor.Read(8))); break;
            case PickleOpcode.UNICODE: Line(PickleLines.Unicode(path, cursor.ReadLine(MaxLine))); break;
            case PickleOpcode.BINUNICODE: Text(Unsigned(4)); break;
            case PickleOpcode.SHORT_BINUNICODE: Text(cursor.ReadByte()); break;
            case PickleOpcode.BINUNICODE8: Text(Unsigned(8)); break;
            case PickleOpcode.STRING: Memory(PickleLines.String(path, cursor.ReadLine(MaxLine))); break;
            case PickleOpcode.BINSTRING: Bytes(Unsigned(4)); break;
            case PickleOpcode.SHORT_BINSTRING: Bytes(cursor.ReadByte()); break;
            case PickleOpcode.BINBYTES: Bytes(Unsigned(4)); break;
            case PickleOpcode.SHORT_BINBYTES: Bytes(cursor.ReadByte()); break;
            case PickleOpcode.BINBYTES8: Bytes(Unsigned(8)); break;
            case PickleOpcode.BYTEARRAY8: Bytes(Unsigned(8)); break;
            case PickleOpcode.EMPTY_LIST: PushSequence(SequenceKind.List, []); break;
            case PickleOpcode.EMPTY_TUPLE: stack.Push(PickleValue.Sequence.EmptyTuple); break;
            case PickleOpcode.EMPTY_SET: PushSequence(SequenceKind.Set, []); break;
            case PickleOpcode.LIST: PushSequence(SequenceKind.List, stack.PopMark()); break;
            case PickleOpcode.TUPLE: PushSequence(SequenceKind.Tuple, stack.PopMark()); break;
            case PickleOpcode.FROZENSET: PushSequence(SequenceKind.Set, stack.PopMark()); break;
            case PickleOpcode.TUPLE1: Tuple(1); break;
            case PickleOpcode.TUPLE2: Tuple(2); break;
            case PickleOpcode.TUPLE3: Tuple(3); break;
            case PickleOpcode.APPEND: Append(SequenceKind.List, opcode, [stack.Pop()]); break;
            case PickleOpcode.APPENDS: Append(SequenceKind.List, opcode, stack.PopMark()); break;
            case PickleOpcode.ADDITEMS: Append(SequenceKind.Set, opcode, stack.PopMark()); break;
            case PickleOpcode.EMPTY_DICT: stack.Push(context.NewMap(MapKind.Dict)); break;
            case PickleOpcode.DICT: Dictionary(stack.PopMark()); break;
            case PickleOpcode.SETITEM: SetItem(); break;
            case PickleOpcode.SETITEMS: SetItems(opcode, stack.PopMark()); break;
            case PickleOpcode.PUT: stack.Put(LineIndex(), stack.Peek()); break;
            case PickleOpcode.BINPUT: stack.Put(cursor.ReadByte(), stack.Peek()); break;
            case PickleOpcode.LONG_BINPUT: stack.Put((uint)Unsigned(4), stack.Peek()); break;
            case PickleOpcode.MEMOIZE: stack.Memoize(); break;
            case PickleOpcode.GET: stack.Push(stack.Get(LineIndex())); break;
            case PickleOpcode.BINGET: stack.Push(stack.Get(cursor.ReadByte())); break;
            case PickleOpcode.LONG_BINGET: stack.Push(stack.Get((uint)Unsigned(4))); break;
            case PickleOpcode.GLOBAL: Global(); break;
            case PickleOpcode.STACK_GLOBAL: StackGlobal(); break;
            case PickleOpcode.REDUCE: Reduce(); break;
            case PickleOpcode.NEWOBJ: NewObject(); break;
            case PickleOpcode.BUILD: Build(); break;
            case PickleOpcode.BINPERSID: stack.Push(context.Persistent(stack.Pop())); break;
            default:
                throw Enum.IsDefined(opcode)
                    ? ModelFileError.Refused(path, $"its pickle uses the instruction {opcode}, which no checkpoint of tensors needs; if you trust the file, load it in Python and save only the weights, torch.save(model.state_dict(), 'weights.pth')")
                    : Bad($"its pickle has the byte 0x{(byte)opcode:X2} where an instruction should be");
        }
    }

    private void Protocol(byte version)
    {
        if (version > 5)
        {
            throw Bad($"its pickle is of protocol {version} (0 to 5 are known)");
        }
    }

    private void Frame(ulong length)
    {
        if (length > (ulong)cursor.Remaining)
        {
            throw Bad($"its pickle announces {length} bytes, but {cursor.Remaining} follow (cut off?)");
        }
    }

    private ulong Unsigned(int bytes)
    {
        var value = 0UL;
        var span = cursor.Read(bytes);
        for (var i = bytes - 1; i >= 0; i--)
        {
            value = (value << 8) | span[i];
        }

        return value;
    }

    private int Length(ulong length) => length <= (ulong)Math.Min(cursor.Remaining, int.MaxValue)
        ? (int)length
        : throw Bad($"its pickle has a value of {length} bytes, but {cursor.Remaining} follow (cut off?)");

    private void PushInteger(long value) => stack.Push(PickleValue.Integer.Of(value, budget));

    private void PushLong(ulong declared)
    {
        var length = Length(declared);
        if (length > MaxDigits)
        {
            throw Bad($"its pickle has an integer of {length} bytes (at most {MaxDigits} are accepted)");
        }

        PushLarge(new BigInteger(cursor.Read(length)));
    }

    private void PushLarge(BigInteger value)
    {
        if (value >= long.MinValue && value <= long.MaxValue)
        {
            PushInteger((long)value);
            return;
        }

        budget.ChargeObject();
        budget.ChargeText(4 * MaxDigits);
        stack.Push(new PickleValue.LargeInteger(value.ToString(CultureInfo.InvariantCulture)));
    }

    private void Integer(ReadOnlySpan<byte> line)
    {
        if (line.SequenceEqual("01"u8) || line.SequenceEqual("00"u8))
        {
            stack.Push(line[1] == (byte)'1' ? PickleValue.Flag.True : PickleValue.Flag.False);
            return;
        }

        line = line.EndsWith("L"u8) ? line[..^1] : line;
        budget.Charge(4 * MaxDigits);
        PushLarge(BigInteger.TryParse(PickleLines.Ascii(path, line), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Bad("an integer in its pickle is no number"));
    }

    private void Float(ReadOnlySpan<byte> line) => PushNumber(
        double.TryParse(line, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw Bad("a float in its pickle is no number"));

    private void PushNumber(double value)
    {
        budget.ChargeObject();
        stack.Push(new PickleValue.Number(value));
    }

    private uint LineIndex() => uint.TryParse(cursor.ReadLine(20), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
        ? index
        : throw Bad("the number of a remembered value in its pickle is no number");

    private void Line(string text)
    {
        budget.ChargeObject();
        budget.Charge(16L * text.Length);
        stack.Push(new PickleValue.Text(text, -1, text.Length));
    }

    private void Memory(byte[] bytes)
    {
        budget.Charge(64);
        budget.ChargeArray(bytes.Length, 3);
        stack.Push(new PickleValue.Bytes(bytes, -1, bytes.Length));
    }

    private void Text(ulong declared)
    {
        var length = Length(declared);
        budget.ChargeObject();
        var offset = cursor.Position;
        if (length > ByteCursor.MaxRead)
        {
            cursor.Skip(length);
            stack.Push(new PickleValue.Text(null, offset, length));
            return;
        }

        budget.ChargeText(length);
        try
        {
            stack.Push(new PickleValue.Text(Strict.GetString(cursor.Read(length)), offset, length));
        }
        catch (DecoderFallbackException e)
        {
            throw ModelFileError.Malformed(path, "a string in its pickle is not valid UTF-8 text", e);
        }
    }

    private void Bytes(ulong declared)
    {
        var length = Length(declared);
        budget.Charge(64);
        var offset = cursor.Position;
        ReadOnlyMemory<byte>? memory = null;
        if (length > ByteCursor.MaxRead)
        {
            cursor.Skip(length);
        }
        else
        {
            budget.ChargeArray(length, 1);
            memory = cursor.Read(length).ToArray();
        }

        stack.Push(new PickleValue.Bytes(memory, offset, length));
    }

    private void PushSequence(SequenceKind kind, ReadOnlySpan<PickleValue> values)
    {
        budget.ChargeObject();
        budget.ChargeArray(values.Length);
        stack.Push(new PickleValue.Sequence(kind, values.ToArray()));
    }

    private void Tuple(int count)
    {
        budget.ChargeObject();
        budget.ChargeArray(count);
        var values = new PickleValue[count];
        for (var i = count - 1; i >= 0; i--)
        {
            values[i] = stack.Pop();
        }

        stack.Push(new PickleValue.Sequence(SequenceKind.Tuple, values));
    }

    private void Append(SequenceKind kind, PickleOpcode opcode, ReadOnlySpan<PickleValue> values)
    {
        if (stack.Peek() is not PickleValue.Sequence list || list.Type != kind)
        {
            throw Misused(opcode, stack.Peek());
        }

        foreach (var value in values)
        {
            list.Add(value, budget);
        }
    }

    private void Dictionary(ReadOnlySpan<PickleValue> values)
    {
        var map = context.NewMap(MapKind.Dict);
        Fill(map, values);
        stack.Push(map);
    }

    private void SetItem()
    {
        var value = stack.Pop();
        SetItems(PickleOpcode.SETITEM, [stack.Pop(), value]);
    }

    private void SetItems(PickleOpcode opcode, ReadOnlySpan<PickleValue> values)
    {
        if (stack.Peek() is not PickleValue.Map { Type: not MapKind.Namespace } map)
        {
            throw Misused(opcode, stack.Peek());
        }

        Fill(map, values);
    }

    private void Fill(PickleValue.Map map, ReadOnlySpan<PickleValue> values)
    {
        if (values.Length % 2 != 0)
        {
            throw Bad("a dict in its pickle has a key without a value");
        }

        for (var i = 0; i < values.Length; i += 2)
        {
            map.Add(values[i], values[i + 1], budget);
        }
    }

    private void Global()
    {
        Span<char> name = stackalloc char[(2 * PickleGlobals.MaxLength) + 1];
        var length = Encoding.Latin1.GetChars(cursor.ReadLine(PickleGlobals.MaxLength), name);
        name[length++] = '.';
        length += Encoding.Latin1.GetChars(cursor.ReadLine(PickleGlobals.MaxLength), name[length..]);
        stack.Push(PickleGlobals.Find(path, name[..length]));
    }

    private void StackGlobal()
    {
        var (name, module) = (stack.Pop().AsText(), stack.Pop().AsText());
        if (name is null || module is null || name.Length > PickleGlobals.MaxLength || module.Length > PickleGlobals.MaxLength)
        {
            throw Bad("its pickle names a global with something that is no name");
        }

        Span<char> full = stackalloc char[(2 * PickleGlobals.MaxLength) + 1];
        module.CopyTo(full);
        full[module.Length] = '.';
        name.CopyTo(full[(module.Length + 1)..]);
        stack.Push(PickleGlobals.Find(path, full[..(module.Length + 1 + name.Length)]));
    }

    private void Reduce()
    {
        var arguments = stack.Pop();
        var function = stack.Pop();
        stack.Push(function is PickleValue.Global global && arguments is PickleValue.Sequence { Type: SequenceKind.Tuple } tuple
            ? PickleCalls.Call(context, global, tuple)
            : throw Misused(PickleOpcode.REDUCE, function));
    }

    private void NewObject()
    {
        var arguments = stack.Pop();
        var type = stack.Pop();
        stack.Push(type is PickleValue.Global { Function: PickleFunction.OrderedDict or PickleFunction.Namespace } global
            && arguments is PickleValue.Sequence { Type: SequenceKind.Tuple, Count: 0 } tuple
            ? PickleCalls.Call(context, global, tuple)
            : throw Misused(PickleOpcode.NEWOBJ, type));
    }

    private void Build()
    {
        var state = stack.Pop();
        stack.Push(PickleCalls.Build(context, stack.Pop(), state));
    }

    private DiffusionException Misused(PickleOpcode opcode, PickleValue on) => Bad($"its pickle uses {opcode} on {on.Kind}");

    private DiffusionException Bad(string reason) => ModelFileError.Malformed(path, reason);
}
