namespace DiffusionSharp.Imaging.Data;

/// <summary>The kinds of data sets that are recognised.</summary>
internal enum DataKind
{
    Shapes,
    Folder,
    Zip,
    Tar,
    TarGz,
    EdmFolder,
    EdmZip,
    Lmdb,
    Parquet,
    Idx,
    Cifar10,
    CifarPython,
    Stl10,
    Npz,
}
