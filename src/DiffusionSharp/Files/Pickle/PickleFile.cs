using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>
/// A plain pickle (not of torch.save), such as a batch of CIFAR-10's Python version, as data: nothing in it is executed. Dictionaries,
/// lists, numbers, text, bytes and NumPy arrays are read; any other name is refused. Safe for concurrent readers.
/// </summary>
public sealed class PickleFile : IDisposable
{
    private readonly IReadOnlyList<FileBytes> files;

    private PickleFile(IReadOnlyList<FileBytes> files, PickleValue root) => (this.files, Root) = (files, root);

    /// <summary>What the pickle holds.</summary>
    public PickleValue Root { get; }

    /// <summary>Opens a file and reads its pickle; long strings and arrays stay in the file until they are asked for.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: no such file, malformed, or it names something that is refused.</exception>
    public static PickleFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = FileBytes.Open(path);
        try
        {
            return Read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    internal static PickleFile Read(FileBytes file)
    {
        var context = new PickleContext(file, new ReadBudget(file.Path, file.Length), hasStorages: false);
        var cursor = new ByteCursor(file, 0, file.Length);
        var root = PickleMachine.Load(cursor, context);
        return cursor.Remaining == 0
            ? new PickleFile(context.Files, root)
            : throw context.Bad($"{cursor.Remaining} bytes follow its pickle");
    }

    /// <summary>Reads the elements of an array as they are in the file (little-endian), in C order.</summary>
    /// <param name="array">A value of this file.</param>
    /// <exception cref="DiffusionException">It cannot be read.</exception>
    public byte[] ReadBytes(PickleValue.Tensor array)
    {
        ArgumentNullException.ThrowIfNull(array);
        var info = array.ToInfo("");
        var bytes = GC.AllocateUninitializedArray<byte>(Length(info.ByteLength));
        return ViewReader.TryRead(files[info.File], info, bytes) ? bytes : throw Shorter();
    }

    /// <summary>Reads bytes.</summary>
    /// <param name="value">A value of this file.</param>
    /// <exception cref="DiffusionException">They cannot be read.</exception>
    public byte[] ReadBytes(PickleValue.Bytes value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.InMemory is { } memory)
        {
            return memory.ToArray();
        }

        var bytes = GC.AllocateUninitializedArray<byte>(Length(value.Length));
        return files[0].TryRead(bytes, value.Offset) ? bytes : throw Shorter();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files)
        {
            file.Dispose();
        }
    }

    private int Length(long length) => length <= Array.MaxLength
        ? (int)length
        : throw ModelFileError.Refused(files[0].Path, $"it has {length} bytes in one array, more than an array here can hold ({Array.MaxLength})");

    private DiffusionException Shorter() => ModelFileError.Malformed(files[0].Path, "it has become shorter since it was opened");
}
