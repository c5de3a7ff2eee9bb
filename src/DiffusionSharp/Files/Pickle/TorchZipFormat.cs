using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>
/// Reads what torch.save writes since PyTorch 1.6: a zip archive with PREFIX/data.pkl, the object as a pickle, and PREFIX/data/KEY, a
/// storage each.
/// </summary>
internal static class TorchZipFormat
{
    private const string Pickle = "/data.pkl";

    public static TensorFile Read(FileBytes file)
    {
        var budget = new ReadBudget(file.Path, file.Length);
        var context = new PickleContext(file, budget, hasStorages: true);
        var entries = ZipTable.Read(file, budget);
        var table = Index(context, entries);
        var pickle = FindPickle(context, entries);
        var prefix = pickle.Name[..^(Pickle.Length - 1)];
        CheckNames(context, entries, prefix);
        CheckByteOrder(context, entries, table, prefix);
        Checksum(pickle).Check(file, new byte[(int)Math.Clamp(pickle.Length, 1, ByteCursor.MaxRead)], CancellationToken.None);
        var cursor = new ByteCursor(file, pickle.Start, pickle.Start + pickle.Length);
        var root = PickleMachine.Load(cursor, context);
        if (cursor.Remaining != 0)
        {
            throw context.Bad($"{cursor.Remaining} bytes follow the pickle in '{Printable.Sanitize(pickle.Name)}'");
        }

        Place(context, entries, table, prefix);
        var (tensors, values) = PickleNames.Collect(context, root);
        return new TensorFile(TensorContainer.TorchZip, context.Files, tensors, values) { Checksums = Checksums(context, entries), UnreadNames = context.UnreadNames };
    }

    private static Dictionary<string, int> Index(PickleContext context, ZipEntry[] entries)
    {
        context.Budget.ChargeArray(entries.Length, 32);
        var table = new Dictionary<string, int>(entries.Length, StringComparer.Ordinal);
        for (var i = 0; i < entries.Length; i++)
        {
            if (!table.TryAdd(entries[i].Name, i))
            {
                throw context.Bad($"its zip archive has '{Printable.Sanitize(entries[i].Name)}' twice");
            }
        }

        return table;
    }

    private static ZipEntry FindPickle(PickleContext context, ZipEntry[] entries)
    {
        foreach (var entry in entries)
        {
            if (entry.Name.EndsWith(Pickle, StringComparison.Ordinal) && entry.Name.IndexOf('/', StringComparison.Ordinal) == entry.Name.Length - Pickle.Length)
            {
                return entry;
            }
        }

        throw ModelFileError.Refused(context.Path, entries.Any(e => e.Name.EndsWith(".npy", StringComparison.Ordinal))
            ? "it is a zip archive of NumPy arrays (.npz), which is data and no checkpoint; give a file that torch.save wrote, or safetensors"
            : "it is a zip archive, but not one that torch.save wrote (no data.pkl); unpack it and give the checkpoint inside");
    }

    private static void CheckNames(PickleContext context, ZipEntry[] entries, string prefix)
    {
        foreach (var entry in entries)
        {
            if (!entry.Name.StartsWith(prefix, StringComparison.Ordinal))
            {
                throw context.Bad($"'{Printable.Sanitize(entry.Name)}' in its zip archive does not lie in '{Printable.Sanitize(prefix)}' as the rest does");
            }

            var name = entry.Name.AsSpan(prefix.Length);
            if (name.SequenceEqual("constants.pkl") || name.StartsWith("code/"))
            {
                throw ModelFileError.Refused(
                    context.Path, "it is a TorchScript program (torch.jit.save), not a checkpoint; in Python: torch.save(torch.jit.load(file).state_dict(), 'weights.pth')");
            }
        }
    }

    private static void CheckByteOrder(PickleContext context, ZipEntry[] entries, Dictionary<string, int> table, string prefix)
    {
        Span<byte> text = stackalloc byte["little".Length];
        if (table.TryGetValue(prefix + "byteorder", out var index)
            && (entries[index].Length != text.Length || !context.File.TryRead(text, entries[index].Start) || !text.SequenceEqual("little"u8)))
        {
            throw ModelFileError.Refused(context.Path, "it is of a big-endian machine; load it in Python on another one and save it again");
        }
    }

    private static void Place(PickleContext context, ZipEntry[] entries, Dictionary<string, int> table, string prefix)
    {
        foreach (var storage in context.Storages.Values)
        {
            context.Budget.ChargeText(prefix.Length + 5 + storage.Key.Length);
            if (!table.TryGetValue($"{prefix}data/{storage.Key}", out var index))
            {
                throw context.Bad($"it has no storage '{Printable.Sanitize(storage.Key)}', which its tensors need");
            }

            if (entries[index].Length != storage.Length)
            {
                throw context.Bad($"storage '{Printable.Sanitize(storage.Key)}' has {entries[index].Length} bytes, its tensors need {storage.Length}");
            }

            storage.Start = entries[index].Start;
        }

        context.PlaceParts();
    }

    private static StoredChecksum[] Checksums(PickleContext context, ZipEntry[] entries)
    {
        context.Budget.ChargeArray(entries.Length, 40);
        return Array.ConvertAll(entries, Checksum);
    }

    private static StoredChecksum Checksum(ZipEntry entry) => new(entry.Name, 0, entry.Start, entry.Length, entry.Crc);
}
