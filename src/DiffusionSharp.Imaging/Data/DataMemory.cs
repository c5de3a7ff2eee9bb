namespace DiffusionSharp.Imaging.Data;

/// <summary>What reading data may take of the machine's memory.</summary>
internal static class DataMemory
{
    /// <summary>Bytes of pixels that are kept in memory: as asked for, and no more than a quarter of what this process may have.</summary>
    public static long CacheLimit(long asked) => Math.Min(asked, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    /// <summary>Says whose reading ran out of memory.</summary>
    /// <exception cref="DiffusionException">It did (<see cref="ErrorKind.Data"/>).</exception>
    public static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (OutOfMemoryException e)
        {
            throw new DiffusionException(
                ErrorKind.Data,
                FormattableString.Invariant($"{path}: memory ran out while it was read: this process may have {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MiB; give it more, or make the images, or the groups they are stored in, smaller"),
                e);
        }
    }
}
