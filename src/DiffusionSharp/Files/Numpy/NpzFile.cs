using System.IO.Compression;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Numpy;

/// <summary>
/// NumPy's .npz files: zip archives of arrays by name, stored (numpy.savez) or deflated (numpy.savez_compressed). Nothing is unpacked
/// beyond what an array's header declares, and the names are only keys.
/// </summary>
public sealed class NpzFile : IDisposable
{
    /// <summary>Deflate cannot expand more than 1032 times.</summary>
    private const int MaxExpansion = 1032;

    private const int Suffix = 4;
    private const long CertainBytes = 4 << 20;
    private const int MaxArrays = 10_000;
    private readonly ZipArchive archive;
    private readonly Dictionary<string, ZipArchiveEntry> entries = new(StringComparer.Ordinal);

    private NpzFile(string path, ZipArchive archive, long length)
    {
        (Path, this.archive) = (path, archive);
        var packed = 0L;
        foreach (var entry in archive.Entries.Where(e => e.FullName.EndsWith(".npy", StringComparison.Ordinal)))
        {
            var name = entry.FullName[..^Suffix];
            packed += entry.CompressedLength;
            if (!entries.TryAdd(name, entry))
            {
                throw NpyFile.Bad(path, $"it holds the array '{Printable.Sanitize(name)}' twice");
            }

            if (entry.CompressedLength < 0 || packed > length || entry.Length < 0 || entry.Length / MaxExpansion > entry.CompressedLength)
            {
                throw NpyFile.Bad(path, $"its directory promises {entry.Length} bytes of '{Printable.Sanitize(name)}', packed as {entry.CompressedLength}, in a file of {length}; this is no honest archive");
            }
        }

        Names = [.. entries.Keys];
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The names of the arrays, in the file's order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Opens a file and reads its directory.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no such file, no zip archive, or a dishonest one.</exception>
    public static NpzFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Guard(path, () =>
        {
            var file = RegularFile.OpenRead(path);
            ZipArchive? archive = null;
            try
            {
                archive = new ZipArchive(file);
                if (archive.Entries.Count > MaxArrays)
                {
                    throw NpyFile.Bad(path, $"it holds {archive.Entries.Count} members (at most {MaxArrays} are accepted)");
                }

                return new NpzFile(path, archive, file.Length);
            }
            catch
            {
                archive?.Dispose();
                file.Dispose();
                throw;
            }
        });
    }

    /// <summary>Type and shape of an array.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no such array, or a malformed one.</exception>
    public (TensorDtype Dtype, IReadOnlyList<int> Shape) Describe(string name) => ReadMember(name, (where, member, length) =>
    {
        var header = NpyHeader.Read(where, member, length);
        return (header.Dtype, (IReadOnlyList<int>)header.Shape);
    });

    /// <summary>Reads an array.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no such array, or a damaged one.</exception>
    public NpyArray Read(string name) => ReadMember(name, (where, member, length) =>
    {
        var header = NpyHeader.Read(where, member, length);
        var array = NpyFormat.ReadElements(where, member, header, Math.Max(CertainBytes, entries[name].CompressedLength));
        member.Finish();
        return array;
    });

    /// <summary>Reads an array part by part along its first axis, holding no more than one part; an array in Fortran order is read whole.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <returns>array[0], array[1], …, each of one dimension less.</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no such array, a damaged one, or a scalar.</exception>
    public IEnumerable<NpyArray> ReadRows(string name)
    {
        var where = Where(name);
        using var member = Guard(where, () => new NpzMember(entries[name]));
        var header = Guard(where, () => NpyHeader.Read(where, member, entries[name].Length));
        if (header.Shape is [])
        {
            throw NpyFile.Bad(where, "it is a scalar, which has no rows");
        }

        var row = header with { Shape = header.Shape[1..], DataBytes = header.Shape[0] == 0 ? 0 : header.DataBytes / header.Shape[0], FortranOrder = false };
        var whole = header.FortranOrder ? Read(name) : null;
        for (var i = 0; i < header.Shape[0]; i++)
        {
            // A part that has come is as large as the next one.
            var certain = i == 0 ? CertainBytes : row.DataBytes;
            yield return whole is null
                ? Guard(where, () => NpyFormat.ReadElements(where, member, row, certain))
                : new NpyArray(row.Dtype, row.Shape, whole.Bytes.Slice(i * (int)row.DataBytes, (int)row.DataBytes).ToArray());
        }

        if (whole is null)
        {
            Guard(where, () =>
            {
                member.Finish();
                return 0;
            });
        }
    }

    /// <summary>Writes arrays, stored as numpy.savez does.</summary>
    /// <param name="path">The file; written through <see cref="AtomicFile"/>.</param>
    /// <param name="arrays">Names without ".npy", and arrays.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    /// <exception cref="ArgumentException">A name comes twice.</exception>
    public static void Write(string path, params IReadOnlyList<KeyValuePair<string, NpyArray>> arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        if (arrays.Select(a => a.Key).Distinct(StringComparer.Ordinal).Count() < arrays.Count)
        {
            throw new ArgumentException("two arrays have one name", nameof(arrays));
        }

        AtomicFile.Write(path, stream =>
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var (name, array) in arrays)
            {
                using var member = AddMember(archive, name);
                NpyFormat.Write(member, array);
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose() => archive.Dispose();

    /// <summary>A new array's place in an archive, stored, with the time that any other has.</summary>
    internal static Stream AddMember(ZipArchive archive, string name)
    {
        var entry = archive.CreateEntry($"{name}.npy", CompressionLevel.NoCompression);
        entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return entry.Open();
    }

    private T ReadMember<T>(string name, Func<string, NpzMember, long, T> read)
    {
        var where = Where(name);
        return Guard(where, () =>
        {
            using var member = new NpzMember(entries[name]);
            return read(where, member, entries[name].Length);
        });
    }

    private string Where(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return entries.ContainsKey(name) ? $"{Path}:{Printable.Sanitize(name)}" : throw NpyFile.Bad(
            Path,
            $"it has no array '{Printable.Sanitize(name)}' (it has {(Names.Count == 0 ? "none" : Printable.Sanitize(string.Join(", ", Names)))})");
    }

    private static T Guard<T>(string where, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (EndOfStreamException e)
        {
            throw new DiffusionException(ErrorKind.Data, NpyFile.Bad(where, "it ends too early").Message, e);
        }
        catch (InvalidDataException e)
        {
            throw new DiffusionException(ErrorKind.Data, NpyFile.Bad(where, e.Message).Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw StorageErrors.Failed("read array file", where, e, ErrorKind.Data);
        }
    }
}
