using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>Decodes image files in parallel and hands them on in order.</summary>
internal static class ImageReader
{
    private const int Batch = 128;

    /// <summary>The image files at a location, and how many there are where that is known.</summary>
    public static (IEnumerable<RawImage> Files, long? Total) Files(DataLocation location)
    {
        var path = location.Files[0];
        if (location.Kind == DataKind.Folder)
        {
            var list = FolderImages.List(path);
            return (list, list.Count);
        }

        return (ArchiveImages.Read(path, location.Kind switch { DataKind.Zip => "zip", DataKind.Tar => "tar", _ => "tar.gz" }), null);
    }

    /// <summary>Decodes and converts every file.</summary>
    /// <param name="files">Encoded images.</param>
    /// <param name="options">Background and pixel limit.</param>
    /// <param name="convert">Makes what is wanted of a picture; runs on several threads.</param>
    /// <param name="good">Takes the results in the order of the files.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="total">All files, where known.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>The files that could not be used.</returns>
    public static List<BadFile> Read<T>(
        IEnumerable<RawImage> files,
        DataOptions options,
        Func<DecodedImage, T> convert,
        Action<RawImage, T> good,
        IProgress<DataProgress>? progress,
        long? total,
        CancellationToken cancellation)
    {
        var bad = new List<BadFile>();
        var read = 0L;
        foreach (var batch in files.Chunk(Batch))
        {
            var results = new (T? Value, string? Reason)[batch.Length];
            Parallel.For(0, batch.Length, new ParallelOptions { CancellationToken = cancellation }, i =>
            {
                try
                {
                    results[i] = (convert(ImageDecoder.Decode(batch[i].Bytes(), options.Background, options.MaxPixels)), null);
                }
                catch (BadImageException e)
                {
                    results[i] = (default, e.Message);
                }
            });
            for (var i = 0; i < batch.Length; i++)
            {
                if (results[i].Reason is { } reason)
                {
                    bad.Add(new BadFile(batch[i].Name, reason));
                }
                else
                {
                    good(batch[i], results[i].Value!);
                    read++;
                }
            }

            progress?.Report(new DataProgress(read, bad.Count, total));
        }

        return bad;
    }
}
