namespace DiffusionSharp.Imaging.Data;

/// <summary>Parquet, which the slim build has no reader for.</summary>
internal static class ParquetImages
{
    /// <summary>Throws.</summary>
    public static EncodedImages Open(IReadOnlyList<string> paths, string? column) => throw new DiffusionException(
        ErrorKind.Device,
        $"{paths[0]}: this build has no reader of parquet: use the ordinary build of ddim, or unpack the images into a folder{(column is null ? "" : $" (those of the column '{column}')")}");
}
