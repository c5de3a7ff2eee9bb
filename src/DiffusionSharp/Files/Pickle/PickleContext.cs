using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>What the pickles of one file have in common: its budget, its storages, and bytes that had to be decoded.</summary>
internal sealed class PickleContext(FileBytes file, ReadBudget budget, bool hasStorages)
{
    private readonly Dictionary<string, PickleStorage> storages = new(StringComparer.Ordinal);
    private readonly List<PickleStorage> parts = [];
    private readonly Dictionary<string, PickleOpaque> unread = new(StringComparer.Ordinal);
    private readonly List<FileBytes> files = [file];

    public FileBytes File => file;

    public string Path => file.Path;

    public ReadBudget Budget => budget;

    /// <summary>Storages by key, as persistent ids of the pickle mention them.</summary>
    public IReadOnlyDictionary<string, PickleStorage> Storages => storages;

    /// <summary>The file, and after it bytes in memory that <see cref="PickleStorage.File"/> counts.</summary>
    public IReadOnlyList<FileBytes> Files => files;

    /// <summary>The names of classes and functions that are not read.</summary>
    public IReadOnlyList<string> UnreadNames => [.. unread.Keys];

    /// <summary>A name that is not among what tensors need.</summary>
    /// <exception cref="DiffusionException">It may not stand beside tensors either (<see cref="PickleGlobals.RequireHarmless"/>).</exception>
    public PickleOpaque Name(scoped ReadOnlySpan<char> name)
    {
        if (!unread.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var opaque))
        {
            budget.ChargeText(name.Length);
            budget.Charge(208);
            var text = name.ToString();
            PickleGlobals.RequireHarmless(Path, text);
            unread.Add(text, opaque = Opaque(text, null));
        }

        return opaque;
    }

    /// <summary>What a pickle would make of such a name, or of something else that is not read.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="refusal">Why a file is refused that makes a tensor of it; null when its name is the reason.</param>
    /// <param name="parts">What it would be made of.</param>
    public PickleOpaque Opaque(string name, string? refusal, params ReadOnlySpan<PickleValue> parts)
    {
        var opaque = new PickleOpaque(name, refusal);
        if (!hasStorages)
        {
            throw Refused(opaque);
        }

        budget.Charge(64);
        opaque.AddAll(parts, budget);
        return opaque;
    }

    /// <summary>The error that a tensor depends on something that is not read.</summary>
    public DiffusionException Refused(PickleOpaque opaque) => ModelFileError.Refused(Path, opaque.Refusal);

    /// <summary>The error that an instruction is used on something it is not for.</summary>
    public DiffusionException Misused(PickleOpcode opcode, PickleValue on) => Bad($"its pickle uses {opcode} on {on.Kind}");

    public DiffusionException Bad(string reason) => ModelFileError.Malformed(Path, reason);

    /// <summary>Whether it is a file of torch.save, with tensors outside its pickle. A plain pickle is all data, and nothing in it goes unread.</summary>
    public bool HasStorages => hasStorages;

    public PickleValue.Map NewMap(MapKind kind)
    {
        budget.ChargeObject();
        return new PickleValue.Map(kind);
    }

    /// <summary>A storage of bytes that the pickle itself has.</summary>
    public PickleStorage Inline(PickleValue.Bytes bytes, TensorDtype dtype)
    {
        budget.ChargeObject();
        var index = 0;
        if (bytes.Offset < 0)
        {
            budget.Charge(128);
            index = files.Count;
            files.Add(FileBytes.FromMemory(Path, bytes.InMemory!.Value, isPart: true));
        }

        return new PickleStorage
        {
            Key = "",
            IsInline = true,
            Dtype = dtype,
            ElementSize = TensorInfo.ElementSize(dtype),
            Length = bytes.Length,
            Start = Math.Max(0, bytes.Offset),
            File = index,
        };
    }

    /// <summary>A persistent id: ('storage', type, key, location, elements), in old files with a part (key, offset, elements) or None behind.</summary>
    public PickleValue Persistent(PickleValue id)
    {
        if (!hasStorages)
        {
            throw ModelFileError.Refused(Path, "it is a plain pickle that refers to values outside itself; no storages belong to it, so save it with torch.save");
        }

        if (id is not PickleValue.Sequence { Type: SequenceKind.Tuple, Count: 5 or 6 } tuple || tuple[0].AsText() != "storage")
        {
            throw Bad("a persistent id in its pickle is not ('storage', type, key, location, elements)");
        }

        if (tuple[1] is PickleOpaque unknown)
        {
            throw Refused(unknown);
        }

        if (tuple[1] is not PickleValue.Global { Function: PickleFunction.StorageType or PickleFunction.UntypedStorage } type
            || tuple[2].AsLine() is not { Length: > 0 and <= 256 } key || tuple[4] is not PickleValue.Integer { Value: >= 0 } elements)
        {
            throw Bad("a storage in its pickle has no type, key or number of elements");
        }

        var size = type.Dtype is { } dtype ? TensorInfo.ElementSize(dtype) : 1;
        if (elements.Value > long.MaxValue / 16)
        {
            throw Bad($"storage '{Printable.Sanitize(key)}' would have {elements.Value} elements");
        }

        var storage = Storage(key, type.Dtype, size, elements.Value * size);
        budget.ChargeObject();
        return new PickleValue.StorageValue(tuple.Count == 6 && tuple[5] is not PickleValue.None ? Part(storage, tuple[5]) : storage);
    }

    /// <summary>Tells the storages that are parts of others where they begin, once those are placed.</summary>
    public void PlaceParts()
    {
        foreach (var part in parts)
        {
            part.Start = part.Root!.Start + part.RootOffset;
        }
    }

    private PickleStorage Storage(string key, TensorDtype? dtype, int size, long length)
    {
        if (!storages.TryGetValue(key, out var storage))
        {
            budget.Charge(208);
            storages.Add(key, storage = new PickleStorage { Key = key, Dtype = dtype, ElementSize = size, Length = length });
        }

        return storage.Dtype == dtype && storage.Length == length
            ? storage
            : throw Bad($"storage '{Printable.Sanitize(key)}' is {storage.Length} bytes of {storage.Dtype} in one place and {length} of {dtype} in another");
    }

    private PickleStorage Part(PickleStorage root, PickleValue part)
    {
        if (part is not PickleValue.Sequence { Type: SequenceKind.Tuple, Count: 3 } tuple
            || tuple[1] is not PickleValue.Integer { Value: >= 0 } offset || tuple[2] is not PickleValue.Integer { Value: >= 0 } elements
            || offset.Value > long.MaxValue / 32 || elements.Value > long.MaxValue / 32 || (offset.Value + elements.Value) * root.ElementSize > root.Length)
        {
            throw Bad($"a part of storage '{Printable.Sanitize(root.Key)}' does not lie in it");
        }

        budget.Charge(128);
        var storage = new PickleStorage
        {
            Key = root.Key,
            Dtype = root.Dtype,
            ElementSize = root.ElementSize,
            Length = elements.Value * root.ElementSize,
            Root = root,
            RootOffset = offset.Value * root.ElementSize,
        };
        parts.Add(storage);
        return storage;
    }
}
