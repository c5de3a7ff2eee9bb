using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Data.Archives;
using DiffusionSharp.Imaging.Decoding;
using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Imaging.Data;

/// <summary>Opens training data of every kind by its content.</summary>
public static class DataSets
{
    private const int DefaultShapesSize = 32;

    /// <summary>
    /// Opens a set of any of the formats in <see cref="DataFormat.All"/>. Images are decoded once, here; classes are those the format
    /// brings, else the names of the folders images lie in.
    /// </summary>
    /// <param name="path">What to open.</param>
    /// <param name="options">How; null takes the defaults.</param>
    /// <param name="progress">Told how far reading has come.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>The source; dispose of it where it is <see cref="IDisposable"/>.</returns>
    /// <exception cref="DiffusionException">
    /// Nothing usable is there, or too many files are bad (<see cref="ErrorKind.Data"/>); the options are wrong or lack a size
    /// (<see cref="ErrorKind.Configuration"/>); the cache cannot be written (<see cref="ErrorKind.Storage"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">Reading was stopped.</exception>
    public static IBatchSource Open(string path, DataOptions? options = null, IProgress<DataProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new DataOptions();
        options.Validate();
        var location = DataLocation.Recognise(path);
        location.CheckColumn(options.Column);
        return location.Format == DataFormat.Shapes ? Shapes(options) : DataMemory.Guarded(path, () => location.Format switch
        {
            { Encoded: { } open } => Encoded(path, location, open, options, progress, cancellationToken),
            { Packed: { } open } => Packed(path, location, open, options, progress, cancellationToken),
            var format => throw new NotSupportedException($"{path}: nobody has said how {format.Name} is opened"),
        });
    }

    /// <summary>True for sets of encoded images, which are of any size: <see cref="DataOptions.Height"/> must then be given.</summary>
    /// <param name="path">What would be opened.</param>
    /// <exception cref="DiffusionException">Nothing usable is there (<see cref="ErrorKind.Data"/>).</exception>
    public static bool NeedsSize(string path) => DataLocation.Recognise(path).Format.Encoded is not null;

    /// <summary>True for folders and plain archives of images, of whose classes there is a <see cref="DataOptions.Classes"/>; other sets bring labels, or have none.</summary>
    /// <param name="path">What would be opened.</param>
    /// <exception cref="DiffusionException">Nothing usable is there (<see cref="ErrorKind.Data"/>).</exception>
    public static bool HasFolders(string path) => DataLocation.Recognise(path).Format.HasFolders;

    private static ShapesSource Shapes(DataOptions options)
    {
        if (options.Channels is 1 or 4 || (options.Width ?? options.Height) != options.Height)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"{ShapesSource.Name} draws square RGB pictures: leave channels out and give one size");
        }

        return new ShapesSource(options.Height ?? DefaultShapesSize, options.Seed);
    }

    private static ImageBatchSource Packed(
        string path,
        DataLocation location,
        Func<IReadOnlyList<string>, PackedImages> open,
        DataOptions options,
        IProgress<DataProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (options.Channels == 4)
        {
            throw new DiffusionException(
                ErrorKind.Configuration, $"{path}: {location.Format.Name} holds opaque images, and RGBA was asked for: take 3 channels (RGB) or 1 (grey)");
        }

        var packed = location.Open(open);
        if (options.Crop is { } crop)
        {
            packed = crop.Fits(packed.Height, packed.Width)
                ? packed with { Height = crop.Height, Width = crop.Width }
                : throw new DiffusionException(ErrorKind.Data, $"{path}: {crop.TooSmall(packed.Height, packed.Width)}");
        }

        var shape = packed.Shape(options);
        return Fill(shape, options, store =>
        {
            var labels = new List<int>();
            var pixels = new byte[shape.Elements];
            foreach (var (image, label) in Guarded(path, packed.Images()))
            {
                PackedImages.Fit(options.Crop?.Apply(image) ?? image, shape, pixels);
                store.Add(pixels);
                labels.Add(label);
                if (labels.Count % 1000 == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    progress?.Report(new DataProgress(labels.Count, 0, packed.Count));
                }
            }

            return new Filled(location.Format.Name, new ClassLabels(packed.ClassNames, [.. labels], packed.LabelProblem));
        });
    }

    private static ImageBatchSource Encoded(
        string path,
        DataLocation location,
        Func<IReadOnlyList<string>, DataOptions, EncodedImages> open,
        DataOptions options,
        IProgress<DataProgress>? progress,
        CancellationToken cancellationToken)
    {
        var height = options.Height
            ?? throw new DiffusionException(ErrorKind.Configuration, $"{path}: images of any size may lie there: say which size they shall be given");
        var shape = new ImageShape(options.Channels ?? 3, height, options.Width ?? height);
        return Fill(shape, options, store =>
        {
            var images = location.Open(files => open(files, options));
            var classes = new ImageClasses(images, options.Classes);
            var animated = 0L;
            var (bad, stopped) = ImageReader.Read(images.Files, options, i => (Convert(i), i.IsFirstFrame), Keep, progress, images.Total, cancellationToken);
            var skipped = images.Skipped.List;
            CheckAny(path, classes.Count + bad.Count, skipped);
            if (stopped || classes.Count == 0 || bad.Count > options.MaxBadFraction * (classes.Count + bad.Count))
            {
                var most = FormattableString.Invariant($"at most {100 * options.MaxBadFraction:0.###} % are allowed");
                var more = options.MaxBadFraction > 0 ? ", or allow more (max bad)" : "";
                throw TooManyBad(path, classes.Count, bad, most, $"Remove or repair them ('ddim data check' lists all){more}");
            }

            return new Filled(location.Format.Name, classes.Complete()) { Bad = bad, Skipped = skipped, Column = images.Column, Animated = animated };

            void Keep(RawImage file, (byte[] Pixels, bool IsFirstFrame) image)
            {
                store.Add(image.Pixels);
                animated += image.IsFirstFrame ? 1 : 0;
                classes.Add(file);
            }
        });

        byte[] Convert(DecodedImage image)
        {
            var pixels = new byte[shape.Elements];
            ImageFit.Fit(options.Crop?.Apply(image) ?? image, shape, pixels);
            return pixels;
        }
    }

    private static ImageBatchSource Fill(ImageShape shape, DataOptions options, Func<PixelStore, Filled> fill)
    {
        var store = new PixelStore(shape.Elements, DataMemory.CacheLimit(options.CacheLimitBytes), options.CacheFolder);
        try
        {
            var filled = fill(store);
            store.Complete();
            return new ImageBatchSource(filled.Kind, shape, store, filled.Labels, filled.Bad, options)
            {
                Column = filled.Column,
                Skipped = filled.Skipped,
                Animated = filled.Animated,
            };
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file is a data set by its content and name. Nothing of its images is read.</summary>
    /// <param name="path">The file.</param>
    public static bool IsDataSet(string path)
    {
        try
        {
            _ = DataLocation.Recognise(path);
            return true;
        }
        catch (DiffusionException)
        {
            return false;
        }
    }

    /// <summary>Turns damage met on the way into an error that names the file.</summary>
    internal static IEnumerable<T> Guarded<T>(string path, IEnumerable<T> items)
    {
        using var enumerator = items.GetEnumerator();
        while (true)
        {
            try
            {
                if (!enumerator.MoveNext())
                {
                    yield break;
                }
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                throw new DiffusionException(ErrorKind.Data, $"{path}: the file is damaged or truncated: {e.Message}", e);
            }

            yield return enumerator.Current;
        }
    }

    /// <summary>Refuses a place without any image file.</summary>
    internal static void CheckAny(string path, long files, IReadOnlyList<SkippedFiles> skipped)
    {
        if (files == 0)
        {
            var others = skipped.Count == 0 ? string.Empty : $". Passed over: {string.Join(", ", skipped)}";
            throw new DiffusionException(
                ErrorKind.Data,
                $"{path}: no images found; files ending in {FileNames.ImageEndings} expected, hidden files and folders are left out{others}");
        }
    }

    /// <summary>The error of a set with more bad files than may be.</summary>
    internal static DiffusionException TooManyBad(string path, long good, List<BadFile> bad, string but, string advice)
    {
        const int shown = 5;
        var list = string.Join("; ", bad.Take(shown)) + (bad.Count > shown ? "; …" : string.Empty);
        return new DiffusionException(
            ErrorKind.Data,
            $"{path}: {bad.Count} of {good + bad.Count} image files that were read are bad, {but}: {list}. {advice}");
    }

    /// <summary>What filled a store.</summary>
    private sealed record Filled(string Kind, ClassLabels Labels)
    {
        public IReadOnlyList<BadFile> Bad { get; init; } = [];

        public IReadOnlyList<SkippedFiles> Skipped { get; init; } = [];

        public PictureColumn? Column { get; init; }

        public long Animated { get; init; }
    }
}
