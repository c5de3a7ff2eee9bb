using System.Globalization;
using System.Text;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>
/// What a pickle holds, as data. The set is closed: nothing else can come out of a pickle, and nothing in it runs. Values may be shared,
/// and a list may contain itself.
/// </summary>
public abstract class PickleValue
{
    // Bytes are decoded each time they are asked for, which a shared value may be very often.
    private const int MaxText = 1024;

    private protected PickleValue()
    {
    }

    /// <summary>How a message calls it.</summary>
    internal abstract string Kind { get; }

    /// <summary>Text, or at most 1024 bytes that are text (of Python 2, which made no difference); null for other values and for text of more than 64 KiB.</summary>
    public string? AsText() => this switch
    {
        Text { Value: { } value } => value,
        Bytes { Length: <= MaxText } bytes when bytes.InMemory is { } memory && System.Text.Unicode.Utf8.IsValid(memory.Span) => Encoding.UTF8.GetString(memory.Span),
        _ => null,
    };

    /// <summary>A value that is one line of text: numbers, text, names; null for others.</summary>
    internal string? AsLine() => this switch
    {
        None => "None",
        Flag flag => flag.Value ? "True" : "False",
        Integer integer => integer.Value.ToString(CultureInfo.InvariantCulture),
        LargeInteger large => large.Digits,
        Number number => number.Value.ToString("R", CultureInfo.InvariantCulture),
        Name name => name.Value,
        Global global => global.FullName,
        Text { Value: null } text => $"({text.Length} bytes of text)",
        PickleOpaque opaque => $"({opaque.FullName}, not read)",
        _ => AsText(),
    };

    /// <summary>Python's None.</summary>
    public sealed class None : PickleValue
    {
        internal static readonly None Instance = new();

        private None()
        {
        }

        internal override string Kind => "None";
    }

    /// <summary>A truth value.</summary>
    public sealed class Flag : PickleValue
    {
        internal static readonly Flag True = new(true);
        internal static readonly Flag False = new(false);

        private Flag(bool value) => Value = value;

        /// <summary>The value.</summary>
        public bool Value { get; }

        internal override string Kind => "a bool";
    }

    /// <summary>An integer of 64 bits.</summary>
    public sealed class Integer : PickleValue
    {
        private static readonly Integer[] Small = [.. Enumerable.Range(-128, 1152).Select(i => new Integer(i))];

        private Integer(long value) => Value = value;

        /// <summary>The value.</summary>
        public long Value { get; }

        internal override string Kind => "an integer";

        internal static Integer Create(long value, ReadBudget budget)
        {
            if (value is >= -128 and < 1024)
            {
                return Small[(int)value + 128];
            }

            budget.ChargeObject();
            return new Integer(value);
        }
    }

    /// <summary>An integer that 64 bits cannot hold.</summary>
    public sealed class LargeInteger : PickleValue
    {
        internal LargeInteger(string digits) => Digits = digits;

        /// <summary>It in decimal.</summary>
        public string Digits { get; }

        internal override string Kind => "a large integer";
    }

    /// <summary>A floating-point number.</summary>
    public sealed class Number : PickleValue
    {
        internal Number(double value) => Value = value;

        /// <summary>The value.</summary>
        public double Value { get; }

        internal override string Kind => "a float";
    }

    /// <summary>Text.</summary>
    public sealed class Text : PickleValue
    {
        internal Text(string? value, long offset, long length) => (Value, Offset, Length) = (value, offset, length);

        /// <summary>The text; null when it is longer than 64 KiB: then it stays in the file.</summary>
        public string? Value { get; }

        /// <summary>Where its UTF-8 bytes lie in the file.</summary>
        internal long Offset { get; }

        internal long Length { get; }

        internal override string Kind => "a string";
    }

    /// <summary>Bytes; those in the file are read when they are asked for (<see cref="PickleFile.ReadBytes(Bytes)"/>).</summary>
    public sealed class Bytes : PickleValue
    {
        internal Bytes(ReadOnlyMemory<byte>? inMemory, long offset, long length) => (InMemory, Offset, Length) = (inMemory, offset, length);

        /// <summary>How many.</summary>
        public long Length { get; }

        internal ReadOnlyMemory<byte>? InMemory { get; }

        /// <summary>Where they lie in the file; -1 for those that are only in memory.</summary>
        internal long Offset { get; }

        internal override string Kind => "bytes";
    }

    /// <summary>The name of a type, a dtype, a device or a size, kept as text.</summary>
    public sealed class Name : PickleValue
    {
        internal Name(string value) => Value = value;

        /// <summary>It as text, such as <c>torch.float16</c>.</summary>
        public string Value { get; }

        internal override string Kind => "a name";
    }

    /// <summary>A list, tuple or set.</summary>
    public sealed class Sequence : PickleValue
    {
        internal static readonly Sequence EmptyTuple = new(SequenceKind.Tuple, []);

        private PickleValue[] items;

        internal Sequence(SequenceKind kind, PickleValue[] items) => (Type, this.items, Count) = (kind, items, items.Length);

        /// <summary>Its elements.</summary>
        public IReadOnlyList<PickleValue> Items => new ArraySegment<PickleValue>(items, 0, Count);

        internal SequenceKind Type { get; }

        internal int Count { get; private set; }

        internal PickleValue this[int index] => items[index];

        internal override string Kind => Type switch { SequenceKind.List => "a list", SequenceKind.Tuple => "a tuple", _ => "a set" };

        internal void Add(PickleValue value, ReadBudget budget)
        {
            budget.Grow(ref items, Count, 8);
            items[Count++] = value;
        }
    }

    /// <summary>A dictionary, in its order. A key that occurs twice is in it twice.</summary>
    public sealed class Map : PickleValue
    {
        private KeyValuePair<PickleValue, PickleValue>[] pairs = [];

        internal Map(MapKind kind) => Type = kind;

        /// <summary>Its keys and values.</summary>
        public IReadOnlyList<KeyValuePair<PickleValue, PickleValue>> Pairs => new ArraySegment<KeyValuePair<PickleValue, PickleValue>>(pairs, 0, Count);

        internal MapKind Type { get; }

        internal int Count { get; private set; }

        internal override string Kind => "a dict";

        internal KeyValuePair<PickleValue, PickleValue> this[int index] => pairs[index];

        /// <summary>The value of a key that is text (or bytes of Python 2); null when there is none.</summary>
        /// <param name="key">The key.</param>
        public PickleValue? Find(string key)
        {
            for (var i = Count - 1; i >= 0; i--)
            {
                if (pairs[i].Key.AsText() == key)
                {
                    return pairs[i].Value;
                }
            }

            return null;
        }

        internal void Add(PickleValue key, PickleValue value, ReadBudget budget)
        {
            budget.Grow(ref pairs, Count, 16);
            pairs[Count++] = new(key, value);
        }
    }

    /// <summary>A tensor of PyTorch or an array of NumPy.</summary>
    public sealed class Tensor : PickleValue
    {
        internal Tensor(PickleStorage storage, TensorDtype dtype, long offset, int[] shape, long[]? strides) =>
            (Storage, Dtype, Offset, ShapeArray, Strides) = (storage, dtype, offset, shape, strides);

        /// <summary>Its element type, little-endian.</summary>
        public TensorDtype Dtype { get; }

        /// <summary>Its dimensions.</summary>
        public IReadOnlyList<int> Shape => ShapeArray;

        internal PickleStorage Storage { get; }

        /// <summary>The first element, in elements from the storage's beginning.</summary>
        internal long Offset { get; }

        internal int[] ShapeArray { get; }

        internal long[]? Strides { get; }

        internal override string Kind => "a tensor";

        internal TensorInfo ToInfo(string name) => new(name, Dtype, ShapeArray, Storage.Start + (Offset * TensorInfo.ElementSize(Dtype)))
        {
            Strides = Strides,
            File = Storage.File,
        };
    }

    /// <summary>Something that only the reader has in its hands: a function or type of the allow-list, a storage, a half-made array.</summary>
    internal sealed class Global(string name, PickleFunction function, TensorDtype? dtype = null) : PickleValue
    {
        public string FullName => name;

        public PickleFunction Function => function;

        public TensorDtype? Dtype => dtype;

        internal override string Kind => $"'{name}'";
    }

    internal sealed class StorageValue(PickleStorage storage) : PickleValue
    {
        public PickleStorage Storage => storage;

        internal override string Kind => "a storage";
    }

    /// <summary>A NumPy type.</summary>
    internal sealed class ArrayType(TensorDtype dtype) : PickleValue
    {
        public TensorDtype Dtype => dtype;

        /// <summary>Why its arrays and scalars are not read; null when they are.</summary>
        public string? Refusal { get; set; }

        internal override string Kind => "a NumPy dtype";
    }

    /// <summary>A NumPy array before BUILD gives it its state. Values that hold it see what it becomes: a tensor, or something opaque.</summary>
    internal sealed class ArrayShell : PickleValue
    {
        public PickleValue? Built { get; set; }

        internal override string Kind => "a NumPy array";
    }
}
