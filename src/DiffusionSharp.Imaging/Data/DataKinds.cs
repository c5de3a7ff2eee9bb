using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Imaging.Data;

/// <summary>What is common to the data sets of a kind.</summary>
internal static class DataKinds
{
    /// <summary>True for encoded images, which may be of any size.</summary>
    public static bool IsEncoded(this DataKind kind) =>
        kind is DataKind.Folder or DataKind.Zip or DataKind.Tar or DataKind.TarGz or DataKind.EdmFolder or DataKind.EdmZip or DataKind.Lmdb or DataKind.Parquet;

    /// <summary>The kind in a fingerprint and in a report.</summary>
    public static string Name(this DataKind kind) => kind switch
    {
        DataKind.Shapes => ShapesSource.Name,
        DataKind.Folder => "folder",
        DataKind.Zip => "zip",
        DataKind.Tar => "tar",
        DataKind.TarGz => "tar.gz",
        DataKind.EdmFolder => "folder with dataset.json",
        DataKind.EdmZip => "zip with dataset.json",
        DataKind.Lmdb => "LMDB",
        DataKind.Parquet => "parquet",
        DataKind.Idx => "IDX",
        DataKind.Stl10 => "STL-10",
        DataKind.Npz => "npz",
        DataKind.CifarPython => "CIFAR (Python)",
        _ => "CIFAR-10",
    };

    /// <summary>Refuses to look for a column where there are none.</summary>
    /// <exception cref="DiffusionException">The set is no table (<see cref="ErrorKind.Usage"/>).</exception>
    public static void CheckColumn(DataLocation location, string? column)
    {
        if (column is not null && location.Kind != DataKind.Parquet)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{location.Files[0]}: the column '{column}' was asked for, and only parquet has columns; this is {location.Kind.Name()}");
        }
    }

    /// <summary>Opens encoded images.</summary>
    /// <param name="location">Where they are.</param>
    /// <param name="options">The column of a table that holds them, and where classes come from.</param>
    public static EncodedImages OpenEncoded(DataLocation location, DataOptions options) => Guarded(location, path => location.Kind switch
    {
        DataKind.Folder => FolderImages.Open(path, options.Classes == ClassSource.Data),
        DataKind.Zip or DataKind.Tar or DataKind.TarGz => ArchiveImages.Open(path, location.Kind.Name(), options.Classes == ClassSource.Data),
        DataKind.EdmFolder => EdmImages.OpenFolder(path),
        DataKind.EdmZip => EdmImages.OpenZip(path),
        DataKind.Lmdb => LmdbImages.Open(path),
        _ => ParquetImages.Open(location.Files, options.Column),
    });

    /// <summary>Opens images that lie unencoded.</summary>
    public static PackedImages OpenPacked(DataLocation location) => Guarded(location, path => location.Kind switch
    {
        DataKind.Idx => IdxImages.Open(path),
        DataKind.Stl10 => Stl10Images.Open(path),
        DataKind.Npz => NpzImages.Open(path),
        DataKind.CifarPython => CifarPythonImages.Open(location.Files),
        _ => CifarImages.Open(location.Files),
    });

    private static T Guarded<T>(DataLocation location, Func<string, T> open)
    {
        try
        {
            return open(location.Files[0]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new DiffusionException(ErrorKind.Data, $"{location.Files[0]}: cannot be read: {e.Message}", e);
        }
    }
}
