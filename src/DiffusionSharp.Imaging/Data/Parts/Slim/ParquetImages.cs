namespace DiffusionSharp.Imaging.Data;

/// <summary>Parquet, which the slim build has no reader for.</summary>
internal static class ParquetImages
{
    /// <summary>Throws.</summary>
    public static EncodedImages Open(IReadOnlyList<string> paths) => throw new DiffusionException(
        ErrorKind.Device,
        $"{paths[0]}: this is the slim build of ddim, which does not read parquet; use the ordinary build, or unpack the images into a folder");
}
