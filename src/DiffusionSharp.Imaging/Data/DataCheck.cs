using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Imaging.Data;

/// <summary>Decodes every image of a data set and lists the bad files, without keeping anything.</summary>
public static class DataCheck
{
    /// <summary>Checks a data set.</summary>
    /// <param name="path">Anything <see cref="DataSets.Open"/> takes.</param>
    /// <param name="options">The pixel limit and the column; null takes the defaults.</param>
    /// <param name="progress">Told how far checking has come.</param>
    /// <param name="cancellationToken">Stops checking.</param>
    /// <exception cref="DiffusionException">There is nothing to check, or an archive is damaged (<see cref="ErrorKind.Data"/>).</exception>
    /// <exception cref="OperationCanceledException">Checking was stopped.</exception>
    public static DataReport Run(string path, DataOptions? options = null, IProgress<DataProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new DataOptions();
        options.Validate();
        return DataMemory.Guarded(path, () => Check(path, options with { MaxBadFraction = 1 }, progress, cancellationToken));
    }

    private static DataReport Check(string path, DataOptions options, IProgress<DataProgress>? progress, CancellationToken cancellationToken)
    {
        var location = DataLocation.Recognise(path);
        location.CheckColumn(options.Column);
        var (images, animated) = (0L, 0L);
        var (column, labels) = (default(PictureColumn), ClassLabels.Absent);
        SortedDictionary<string, long> formats = NewCounts(), sizes = NewCounts();
        List<BadFile> bad = [];
        IReadOnlyList<SkippedFiles> skipped = [];
        switch (location.Format)
        {
            case { Encoded: { } open }:
                var encoded = location.Open(files => open(files, options));
                var classes = new ImageClasses(encoded, options.Classes);
                column = encoded.Column;
                (bad, var stopped) = ImageReader.Read(
                    encoded.Files,
                    options,
                    image => (image.Format, Size: Size(image.Height, image.Width), image.IsFirstFrame),
                    (file, i) =>
                    {
                        Keep(i.Format, i.Size);
                        animated += i.IsFirstFrame ? 1 : 0;
                        classes.Add(file);
                    },
                    progress,
                    encoded.Total,
                    cancellationToken);
                skipped = stopped ? throw DataSets.TooManyBad(path, images, bad, "too many to list them", "Is this a data set of images?") : encoded.Skipped.List;
                labels = classes.Complete();
                break;
            case { Packed: { } open }:
                var packed = location.Open(open);
                var numbers = new List<int>();
                foreach (var (image, label) in DataSets.Guarded(path, packed.Images()))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Keep(image.Format, Size(image.Height, image.Width));
                    numbers.Add(label);
                    if (images % 1000 == 0)
                    {
                        progress?.Report(new DataProgress(images, 0, packed.Count));
                    }
                }

                labels = new ClassLabels(packed.ClassNames, [.. numbers], packed.LabelProblem);
                break;
            case var format when format == DataFormat.Shapes:
                return new DataReport(path, format.Name, new ShapesSource().ImagesPerEpoch, [], formats, NewCounts(), []);
            case var format:
                throw new NotSupportedException($"{path}: nobody has said how {format.Name} is opened");
        }

        DataSets.CheckAny(path, images + bad.Count, skipped);
        return new DataReport(
            path,
            location.Format.Name,
            images,
            bad,
            formats,
            labels.Counts(),
            [.. sizes.OrderByDescending(s => s.Value).ThenBy(s => s.Key, StringComparer.Ordinal)])
        {
            Skipped = skipped,
            Column = column,
            LabelProblem = labels.Problem,
            Animated = animated,
            ClassNote = labels.Note,
            Unlabelled = labels.Names.Count == 0 ? 0 : labels.Numbers.Count(n => n == ClassLabels.None),
        };

        void Keep(string format, string size)
        {
            images++;
            Add(formats, format);
            Add(sizes, size);
        }
    }

    private static string Size(int height, int width) => FormattableString.Invariant($"{width}×{height}");

    private static SortedDictionary<string, long> NewCounts() => new(StringComparer.Ordinal);

    private static void Add(SortedDictionary<string, long> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
}
