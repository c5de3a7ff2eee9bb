using DiffusionSharp.Imaging.Data.Archives;
using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Imaging.Data;

/// <summary>A format of data sets: all that recognises, opens, names and lists it. Those that are recognised by the path alone hold neither kind of images.</summary>
public sealed class DataFormat
{
    private DataFormat(string name, string line)
    {
        (Name, Line) = (name, line);
    }

    /// <summary>The drawings that are made while training.</summary>
    internal static DataFormat Shapes { get; } = new(ShapesSource.Name, "drawings without end");

    /// <summary>Images in a folder, which a folder of nothing else is taken for, too.</summary>
    internal static DataFormat Folder { get; } = new("folder", "image files, in its folders too")
    {
        InFolder = (path, files) => files.Any(FileNames.IsImage) ? [path] : null,
        HasFolders = true,
        Encoded = (files, o) => FolderImages.Open(files[0], o.Classes == ClassSource.Data),
    };

    /// <summary>All of them, in the order in which a path is held against them.</summary>
    public static IReadOnlyList<DataFormat> All { get; } =
    [
        Shapes,
        new("folder with dataset.json", "images and labels, as dataset_tool.py of EDM makes them")
        {
            InFolder = (path, files) => files.Any(f => Path.GetFileName(f) == EdmImages.LabelFile) ? [path] : null,
            Encoded = (files, _) => EdmImages.OpenFolder(files[0]),
        },
        Folder,
        new("zip with dataset.json", "the same in a zip file")
        {
            IsFile = f => f.IsZip && f.Members.Contains(EdmImages.LabelFile),
            Encoded = (files, _) => EdmImages.OpenZip(files[0]),
        },
        new("npz", "arr_0 uint8 [N,H,W,C], and classes in arr_1") { IsFile = NpzImages.IsFile, Packed = files => NpzImages.Open(files[0]) },
        Archive("zip", f => f.IsZip),
        Archive("tar", f => f.IsTar && !f.IsGzip),
        Archive("tar.gz", f => f.IsTar && f.IsGzip),
        new("LMDB", "LSUN's folder of data.mdb, or the file; nothing is locked")
        {
            InFolder = (_, files) => files.FirstOrDefault(f => Path.GetFileName(f) == "data.mdb") is { } database ? [database] : null,
            IsFile = f => !f.IsGzip && LmdbFile.IsHead(f.Head),
            Encoded = (files, _) => LmdbImages.Open(files[0]),
        },
        new("IDX", "MNIST's family, .gz too, with the IDX of labels beside it")
        {
            InFolder = (_, files) => IdxImages.FileOf(files) is { } file ? [file] : null,
            IsFile = IdxImages.IsFile,
            Packed = files => IdxImages.Open(files[0]),
        },
        new("CIFAR-10", "data_batch_N.bin") { InFolder = (_, files) => CifarImages.BatchesOf(files), IsFile = CifarImages.IsFile, Packed = CifarImages.Open },
        new("CIFAR (Python)", "data_batch_N or train of CIFAR-10 and -100")
        {
            InFolder = (_, files) => CifarPythonImages.BatchesOf(files),
            IsFile = f => !f.IsGzip && CifarPythonImages.IsHead(f.Head),
            Packed = CifarPythonImages.Open,
        },
        new("STL-10", "train_X.bin or unlabeled_X.bin")
        {
            InFolder = (_, files) => Stl10Images.FileOf(files) is { } file ? [file] : null,
            IsFile = f => !f.IsGzip && Stl10Images.IsImages(f.Path),
            Packed = files => Stl10Images.Open(files[0]),
        },
        new("parquet", "Hugging Face's: a file, or a folder of shards")
        {
            InFolder = ParquetShards.In,
            IsFile = f => !f.IsGzip && f.Head is [(byte)'P', (byte)'A', (byte)'R', (byte)'1', ..],
            HasColumns = true,
            Encoded = (files, o) => ParquetImages.Open(files, o.Column),
        },
    ];

    /// <summary>What it is called in reports and in a run's fingerprint of its data.</summary>
    public string Name { get; }

    /// <summary>What lies there, in help texts and documents.</summary>
    public string Line { get; }

    /// <summary>The files of it in a folder, which is given with its files in order; null or none where it is another's.</summary>
    internal Func<string, IReadOnlyList<string>, IReadOnlyList<string>?>? InFolder { get; private init; }

    /// <summary>Whether a file is of it.</summary>
    internal Func<DataFile, bool>? IsFile { get; private init; }

    /// <summary>Opens encoded images, which may be of any size.</summary>
    internal Func<IReadOnlyList<string>, DataOptions, EncodedImages>? Encoded { get; private init; }

    /// <summary>Opens images that lie unencoded, all of one size.</summary>
    internal Func<IReadOnlyList<string>, PackedImages>? Packed { get; private init; }

    /// <summary>Whether the folders that images lie in may be their classes (<see cref="ClassSource"/>).</summary>
    internal bool HasFolders { get; private init; }

    /// <summary>Whether images are in a column of a table.</summary>
    internal bool HasColumns { get; private init; }

    private static DataFormat Archive(string name, Func<DataFile, bool> isFile) => new(name, "image files, in folders too")
    {
        IsFile = isFile,
        HasFolders = true,
        Encoded = (files, o) => ArchiveImages.Open(files[0], name, o.Classes == ClassSource.Data),
    };
}
