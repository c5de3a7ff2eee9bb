namespace DiffusionSharp.Imaging.Data;

/// <summary>The kinds of data sets that are recognised.</summary>
internal enum DataKind
{
    Shapes,
    Folder,
    Zip,
    Tar,
    TarGz,
    Idx,
    Cifar10,
}
