using System.IO.Compression;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Data.Archives;

namespace DiffusionSharp.Imaging.Data;

/// <summary>What a data path leads to.</summary>
/// <param name="Kind">Its kind, by content.</param>
/// <param name="Files">The folder or archive; the image file of an IDX pair; the batches of CIFAR-10; the shards of a parquet set.</param>
internal sealed record DataLocation(DataKind Kind, IReadOnlyList<string> Files)
{
    private const int HeadLength = 512;

    /// <summary>Recognises a path.</summary>
    /// <exception cref="DiffusionException">There is nothing usable (<see cref="ErrorKind.Data"/>, for unknown built-ins <see cref="ErrorKind.Usage"/>).</exception>
    public static DataLocation Recognise(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.StartsWith("builtin:", StringComparison.Ordinal))
        {
            return string.Equals(path, Shapes.ShapesSource.Name, StringComparison.Ordinal)
                ? new DataLocation(DataKind.Shapes, [path])
                : throw new DiffusionException(ErrorKind.Usage, $"{path}: no such built-in data set; there is {Shapes.ShapesSource.Name}");
        }

        try
        {
            return Directory.Exists(path) ? Folder(path)
                : File.Exists(path) ? SingleFile(path)
                : throw new DiffusionException(ErrorKind.Data, $"{path}: there is no such file or folder; check the name");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiffusionException(ErrorKind.Data, $"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The first bytes of a file, unpacked when it is gzip.</summary>
    public static Stream OpenUnpacked(string path)
    {
        var file = RegularFile.OpenRead(path);
        Span<byte> magic = stackalloc byte[2];
        var gzip = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1F, 0x8B];
        file.Position = 0;
        return gzip ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static DataLocation Folder(string path)
    {
        var files = Directory.GetFiles(path);
        Array.Sort(files, StringComparer.Ordinal);
        if (files.Any(f => Path.GetFileName(f) == EdmImages.LabelFile))
        {
            return new DataLocation(DataKind.EdmFolder, [path]);
        }

        return (files.Any(FileNames.IsImage) ? null : WithoutImages(path, files)) ?? new DataLocation(DataKind.Folder, [path]);
    }

    /// <summary>What the names of the files in a folder say of it.</summary>
    private static DataLocation? WithoutImages(string path, string[] files)
    {
        if (files.FirstOrDefault(f => Path.GetFileName(f) == "data.mdb") is { } database)
        {
            return new DataLocation(DataKind.Lmdb, [database]);
        }

        var idx = files.Where(f => IdxImages.IsImagesName(f)).OrderByDescending(f => Path.GetFileName(f).StartsWith("train", StringComparison.Ordinal)).FirstOrDefault();
        if (idx is not null)
        {
            return new DataLocation(DataKind.Idx, [idx]);
        }

        var batches = files.Where(f => Path.GetFileName(f) is ['d', 'a', 't', 'a', '_', 'b', 'a', 't', 'c', 'h', '_', _, '.', 'b', 'i', 'n']).ToArray();
        if (batches.Length > 0)
        {
            return new DataLocation(DataKind.Cifar10, batches);
        }

        if (CifarPythonImages.BatchesOf(files) is { Length: > 0 } pickles)
        {
            return new DataLocation(DataKind.CifarPython, pickles);
        }

        if (Stl10Images.FileOf(files) is { } stl)
        {
            return new DataLocation(DataKind.Stl10, [stl]);
        }

        return ParquetShards.In(path, files) is { Length: > 0 } shards ? new DataLocation(DataKind.Parquet, shards) : null;
    }

    /// <summary>What lies in a zip file: arrays, or images with labels beside them, or images.</summary>
    private static DataKind Zip(string path)
    {
        try
        {
            using var archive = RegularFile.OpenZip(path);
            return archive.GetEntry(EdmImages.LabelFile) is not null ? DataKind.EdmZip
                : archive.Entries.Any(e => e.FullName.EndsWith(".npy", StringComparison.Ordinal)) && !archive.Entries.Any(e => FileNames.IsImage(e.FullName) && !FileNames.IsHidden(e.FullName)) ? DataKind.Npz
                : DataKind.Zip;
        }
        catch (InvalidDataException)
        {
            // Whoever reads it says why.
            return DataKind.Zip;
        }
    }

    private static DataLocation SingleFile(string path)
    {
        var length = RegularFile.Length(path);
        if (length == 0)
        {
            throw new DiffusionException(ErrorKind.Data, $"{path}: the file is empty (zero bytes)");
        }

        var gzip = false;
        byte[] head;
        try
        {
            using var stream = OpenUnpacked(path);
            gzip = stream is GZipStream;
            head = new byte[HeadLength];
            Array.Resize(ref head, stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false));
        }
        catch (InvalidDataException e)
        {
            throw new DiffusionException(ErrorKind.Data, $"{path}: the gzip file is damaged: {e.Message}", e);
        }

        DataKind kind = head switch
        {
            [0x50, 0x4B, 0x03, 0x04, ..] or [0x50, 0x4B, 0x05, 0x06, ..] when !gzip => Zip(path),
            [(byte)'P', (byte)'A', (byte)'R', (byte)'1', ..] when !gzip => DataKind.Parquet,
            _ when !gzip && LmdbFile.IsHead(head) => DataKind.Lmdb,
            _ when head.Length > 262 && head.AsSpan(257, 5).SequenceEqual("ustar"u8) => gzip ? DataKind.TarGz : DataKind.Tar,
            [0, 0, 8, 3, ..] => DataKind.Idx,
            [0, 0, 8, 1, ..] => throw new DiffusionException(ErrorKind.Data, $"{path}: this IDX file holds labels; give the file of images beside it"),
            _ when !gzip && CifarPythonImages.IsHead(head) => DataKind.CifarPython,
            _ when !gzip && Stl10Images.IsImages(path) => DataKind.Stl10,
            _ when !gzip && length % CifarImages.RecordBytes == 0 && head[0] < 10 => DataKind.Cifar10,
            _ => throw Unknown(path, head),
        };
        return new DataLocation(kind, [path]);
    }

    private static DiffusionException Unknown(string path, byte[] head)
    {
        var what = FileNames.IsImage(path) ? "this is one image file; give the folder it lies in" : $"not a data set (it begins with the bytes {Convert.ToHexString(head.AsSpan(0, Math.Min(8, head.Length)))})";
        return new DiffusionException(ErrorKind.Data, $"{path}: {what}; expected a folder of images, a zip, tar or tar.gz of images, MNIST's IDX (.gz too), CIFAR-10's batches, STL-10's binary files, an LMDB or parquet file of images, or an .npz");
    }
}
