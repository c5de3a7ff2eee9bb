using System.Buffers.Binary;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>
/// Reads what torch.save wrote before PyTorch 1.6: pickles of a magic number, a version, the machine, the object and the keys of its
/// storages, then each storage: the number of its elements (int64) and their bytes.
/// </summary>
internal static class TorchLegacyFormat
{
    private const string Magic = "119547037146038801333356";
    private const int Version = 1001;

    private static ReadOnlySpan<byte> MagicBytes => [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19];

    /// <summary>Whether a file begins with the magic number as a pickle (its bytes follow LONG1 and their number).</summary>
    public static bool Begins(ReadOnlySpan<byte> start) =>
        start is [0x80, ..] && start[..Math.Min(start.Length, 32)].IndexOf(MagicBytes) >= 0;

    public static TensorFile Read(FileBytes file)
    {
        var context = new PickleContext(file, new ReadBudget(file.Path, file.Length), hasStorages: true);
        var cursor = new ByteCursor(file, 0, file.Length);
        if (PickleMachine.Load(cursor, context) is not PickleValue.LargeInteger { Digits: Magic })
        {
            throw context.Bad("it does not begin with PyTorch's magic number");
        }

        if (PickleMachine.Load(cursor, context) is not PickleValue.Integer { Value: Version })
        {
            throw context.Bad($"it is of another version of PyTorch's old format ({Version} is known)");
        }

        if (PickleMachine.Load(cursor, context) is not PickleValue.Map system || system.Find("little_endian") is not PickleValue.Flag { Value: true })
        {
            throw context.Bad("it does not say that it is little-endian (files of big-endian machines are not read; save it on another one)");
        }

        var root = PickleMachine.Load(cursor, context);
        if (PickleMachine.Load(cursor, context) is not PickleValue.Sequence keys)
        {
            throw context.Bad("it has no list of its storages");
        }

        Place(context, keys, cursor.Position);
        var (tensors, values) = PickleNames.Collect(context, root);
        return new TensorFile(TensorContainer.TorchLegacy, context.Files, tensors, values) { UnreadNames = context.UnreadNames };
    }

    private static void Place(PickleContext context, PickleValue.Sequence keys, long at)
    {
        Span<byte> count = stackalloc byte[8];
        for (var i = 0; i < keys.Count; i++)
        {
            var key = keys[i].AsLine() ?? "";
            if (!context.Storages.TryGetValue(key, out var storage) || storage.Start >= 0)
            {
                throw context.Bad($"it lists a storage '{Printable.Sanitize(key)}' that no tensor has or that it has listed before");
            }

            if (!context.File.TryRead(count, at))
            {
                throw context.Bad($"it ends before its storage '{Printable.Sanitize(key)}' (cut off?)");
            }

            var elements = BinaryPrimitives.ReadInt64LittleEndian(count);
            storage.Start = at + count.Length;
            at = storage.Start + storage.Length;
            if (elements != storage.Length / storage.ElementSize || storage.Length > context.File.Length - storage.Start)
            {
                throw context.Bad(
                    $"storage '{Printable.Sanitize(key)}' has {elements} elements, its tensors need {storage.Length / storage.ElementSize}, and {context.File.Length - storage.Start} bytes follow (cut off?)");
            }
        }

        if (at != context.File.Length)
        {
            throw context.Bad($"{context.File.Length - at} bytes at its end belong to no storage");
        }

        foreach (var storage in context.Storages.Values)
        {
            if (storage.Start < 0)
            {
                throw context.Bad($"it does not list the storage '{Printable.Sanitize(storage.Key)}' of its tensors");
            }
        }

        context.PlaceParts();
    }
}
