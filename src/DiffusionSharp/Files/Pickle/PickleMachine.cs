using System.Buffers.Binary;
using System.Text;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>
/// Reads one pickle as data. It knows the instructions that torch.save and NumPy write and a short list of names; everything else is an
/// error with its name. Nothing is executed, looked up or created by name.
/// </summary>
internal sealed class PickleMachine
{
    private readonly ByteCursor cursor;
    private readonly PickleContext context;
    private readonly PickleLiterals read;
    private readonly PickleStack stack;
    private readonly ReadBudget budget;
    private readonly string path;

    private PickleMachine(ByteCursor cursor, PickleContext context)
    {
        (this.cursor, this.context, budget, path) = (cursor, context, context.Budget, context.Path);
        read = new PickleLiterals(cursor, context);
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
            case PickleOpcode.FRAME: Frame(read.Unsigned(8)); break;
            case PickleOpcode.MARK: stack.Mark(); break;
            case PickleOpcode.POP: stack.Pop(); break;
            case PickleOpcode.POP_MARK: stack.PopMark(); break;
            case PickleOpcode.DUP: stack.Push(stack.Peek()); break;
            case PickleOpcode.NONE: stack.Push(PickleValue.None.Instance); break;
            case PickleOpcode.NEWTRUE: stack.Push(PickleValue.Flag.True); break;
            case PickleOpcode.NEWFALSE: stack.Push(PickleValue.Flag.False); break;
            case PickleOpcode.BININT: Push((int)read.Unsigned(4)); break;
            case PickleOpcode.BININT1: Push(cursor.ReadByte()); break;
            case PickleOpcode.BININT2: Push((long)read.Unsigned(2)); break;
            case PickleOpcode.LONG1: stack.Push(read.Long(cursor.ReadByte())); break;
            case PickleOpcode.LONG4: stack.Push(read.Long(read.Unsigned(4))); break;
            case PickleOpcode.INT: stack.Push(read.IntegerLine()); break;
            case PickleOpcode.LONG: stack.Push(read.IntegerLine()); break;
            case PickleOpcode.FLOAT: stack.Push(read.FloatLine()); break;
            case PickleOpcode.BINFLOAT: stack.Push(read.Number(BinaryPrimitives.ReadDoubleBigEndian(cursor.Read(8)))); break;
            case PickleOpcode.UNICODE: stack.Push(read.TextLine()); break;
            case PickleOpcode.BINUNICODE: stack.Push(read.Text(read.Unsigned(4))); break;
            case PickleOpcode.SHORT_BINUNICODE: stack.Push(read.Text(cursor.ReadByte())); break;
            case PickleOpcode.BINUNICODE8: stack.Push(read.Text(read.Unsigned(8))); break;
            case PickleOpcode.STRING: stack.Push(read.BytesLine()); break;
            case PickleOpcode.BINSTRING: stack.Push(read.Bytes(read.Unsigned(4))); break;
            case PickleOpcode.SHORT_BINSTRING: stack.Push(read.Bytes(cursor.ReadByte())); break;
            case PickleOpcode.BINBYTES: stack.Push(read.Bytes(read.Unsigned(4))); break;
            case PickleOpcode.SHORT_BINBYTES: stack.Push(read.Bytes(cursor.ReadByte())); break;
            case PickleOpcode.BINBYTES8: stack.Push(read.Bytes(read.Unsigned(8))); break;
            case PickleOpcode.BYTEARRAY8: stack.Push(read.Bytes(read.Unsigned(8))); break;
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
            case PickleOpcode.PUT: stack.Put(read.IndexLine(), stack.Peek()); break;
            case PickleOpcode.BINPUT: stack.Put(cursor.ReadByte(), stack.Peek()); break;
            case PickleOpcode.LONG_BINPUT: stack.Put((uint)read.Unsigned(4), stack.Peek()); break;
            case PickleOpcode.MEMOIZE: stack.Memoize(); break;
            case PickleOpcode.GET: stack.Push(stack.Get(read.IndexLine())); break;
            case PickleOpcode.BINGET: stack.Push(stack.Get(cursor.ReadByte())); break;
            case PickleOpcode.LONG_BINGET: stack.Push(stack.Get((uint)read.Unsigned(4))); break;
            case PickleOpcode.GLOBAL: Global(); break;
            case PickleOpcode.STACK_GLOBAL: StackGlobal(); break;
            case PickleOpcode.REDUCE: Reduce(); break;
            case PickleOpcode.NEWOBJ: NewObject(); break;
            case PickleOpcode.NEWOBJ_EX: NewObjectWithKeywords(); break;
            case PickleOpcode.INST: Instance(); break;
            case PickleOpcode.OBJ: OldObject(); break;
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

    private void Push(long value) => stack.Push(PickleValue.Integer.Create(value, budget));

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
        if (stack.Peek() is PickleOpaque opaque)
        {
            opaque.AddAll(values, budget);
            return;
        }

        if (stack.Peek() is not PickleValue.Sequence list || list.Type != kind)
        {
            throw context.Misused(opcode, stack.Peek());
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
        if (stack.Peek() is PickleOpaque opaque)
        {
            opaque.AddAll(values, budget);
            return;
        }

        if (stack.Peek() is not PickleValue.Map { Type: not MapKind.Namespace } map)
        {
            throw context.Misused(opcode, stack.Peek());
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

    private void Global() => stack.Push(ReadGlobal());

    private PickleValue ReadGlobal()
    {
        Span<char> name = stackalloc char[(2 * PickleGlobals.MaxLength) + 1];
        var length = Encoding.Latin1.GetChars(cursor.ReadLine(PickleGlobals.MaxLength), name);
        name[length++] = '.';
        length += Encoding.Latin1.GetChars(cursor.ReadLine(PickleGlobals.MaxLength), name[length..]);
        return PickleGlobals.Find(context, name[..length]);
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
        stack.Push(PickleGlobals.Find(context, full[..(module.Length + 1 + name.Length)]));
    }

    private void Reduce()
    {
        var arguments = stack.Pop();
        stack.Push(PickleCalls.Reduce(context, stack.Pop(), arguments));
    }

    private void NewObject()
    {
        var arguments = stack.Pop();
        stack.Push(PickleCalls.NewObject(context, stack.Pop(), arguments));
    }

    private void NewObjectWithKeywords()
    {
        var keywords = stack.Pop();
        var arguments = stack.Pop();
        stack.Push(PickleCalls.Object(context, PickleOpcode.NEWOBJ_EX, stack.Pop(), arguments, keywords));
    }

    // Python 2's classes.
    private void Instance()
    {
        var type = ReadGlobal();
        stack.Push(PickleCalls.Object(context, PickleOpcode.INST, type, stack.PopMark()));
    }

    private void OldObject()
    {
        var values = stack.PopMark();
        stack.Push(values.IsEmpty ? throw Bad("its pickle makes an object of no class") : PickleCalls.Object(context, PickleOpcode.OBJ, values[0], values[1..]));
    }

    private void Build()
    {
        var state = stack.Pop();
        stack.Push(PickleCalls.Build(context, stack.Pop(), state));
    }

    private DiffusionException Bad(string reason) => ModelFileError.Malformed(path, reason);
}
