using System.Runtime.ExceptionServices;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>Decodes image files in parallel and hands them on in order.</summary>
internal static class ImageReader
{
    private const int BatchFiles = 128;
    private const long BatchBytes = 64L << 20;

    // Of bad files, what is kept in mind of names and reasons, in characters: half a million with names of usual length.
    private const long MostOfBad = 64L << 20;
    private const int FewBad = 1000;

    // About 11 bytes each while a picture is decoded and resized: 1.5 GB at most.
    private const long PixelsInFlight = 128_000_000;

    /// <summary>Decodes and converts every file.</summary>
    /// <param name="files">Encoded images.</param>
    /// <param name="options">Background, pixel limit, and the part that may be bad.</param>
    /// <param name="convert">Makes what is wanted of a picture; runs on several threads.</param>
    /// <param name="good">Takes the results in the order of the files.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="total">All files, where known.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The files that could not be used, and whether reading stopped early because they are too many.</returns>
    /// <exception cref="DiffusionException">What <paramref name="convert"/> or <paramref name="good"/> threw.</exception>
    public static (List<BadFile> Bad, bool Stopped) Read<T>(
        IEnumerable<RawImage> files,
        DataOptions options,
        Func<DecodedImage, T> convert,
        Action<RawImage, T> good,
        IProgress<DataProgress>? progress,
        long? total,
        CancellationToken cancellationToken)
    {
        var bad = new List<BadFile>();
        var (read, ofBad) = (0L, 0L);
        var gate = new PixelGate(PixelsInFlight);
        foreach (var batch in Batches(files))
        {
            var results = new (T? Value, string? Reason)[batch.Count];
            InParallel(batch.Count, i =>
            {
                try
                {
                    var bytes = batch[i].Bytes();
                    var pixels = Math.Min(ImageDecoder.CountPixels(bytes), options.MaxPixels);
                    results[i] = (gate.Run(pixels, () => convert(ImageDecoder.Decode(bytes, options.Behind, options.MaxPixels))), null);
                }
                catch (BadImageException e)
                {
                    results[i] = (default, e.Message);
                }
            }, cancellationToken);
            for (var i = 0; i < batch.Count; i++)
            {
                if (results[i].Reason is { } reason)
                {
                    bad.Add(new BadFile(batch[i].Name, reason));
                    ofBad += batch[i].Name.Length + reason.Length;
                }
                else
                {
                    good(batch[i], results[i].Value!);
                    read++;
                }
            }

            // The next batch is read while this one is still referred to.
            batch.Clear();
            progress?.Report(new DataProgress(read, bad.Count, total));
            if (ofBad > MostOfBad || TooManyBad(bad.Count, read + bad.Count, total, options.MaxBadFraction))
            {
                return (bad, true);
            }
        }

        return (bad, false);
    }

    /// <summary>
    /// True when reading on is of no use: more are bad than may be of all, or, where it is not known how many come, most of a thousand and more.
    /// </summary>
    internal static bool TooManyBad(int bad, long seen, long? total, double allowed) =>
        total is { } all ? bad > allowed * Math.Max(all, seen) : bad > FewBad && bad > Math.Max(0.5, allowed) * seen;

    /// <summary>Groups files so that what is held of them in memory stays bounded.</summary>
    internal static IEnumerable<List<RawImage>> Batches(IEnumerable<RawImage> files)
    {
        var batch = new List<RawImage>(BatchFiles);
        var bytes = 0L;
        foreach (var file in files)
        {
            batch.Add(file);
            bytes += file.Held;
            if (batch.Count == BatchFiles || bytes >= BatchBytes)
            {
                yield return batch;
                (batch, bytes) = (new List<RawImage>(BatchFiles), 0);
            }
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    private static void InParallel(int count, Action<int> body, CancellationToken cancellationToken)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellationToken }, body);
        }
        catch (AggregateException e)
        {
            // One of the errors, as it was: those of this library are the clearest.
            var real = e.Flatten().InnerExceptions;
            ExceptionDispatchInfo.Throw(real.FirstOrDefault(x => x is DiffusionException) ?? real[0]);
        }
    }
}
