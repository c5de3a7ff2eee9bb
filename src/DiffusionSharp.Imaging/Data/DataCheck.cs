using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Imaging.Data;

/// <summary>Decodes every image of a data set and lists the bad files, without keeping anything.</summary>
public static class DataCheck
{
    /// <summary>Checks a data set.</summary>
    /// <param name="path">Anything <see cref="DataSets.Open"/> takes.</param>
    /// <param name="options">The pixel limit and the column; null takes the defaults.</param>
    /// <param name="progress">Told how far checking has come.</param>
    /// <param name="cancellation">Stops checking.</param>
    /// <exception cref="DiffusionException">There is nothing to check, or an archive is damaged (<see cref="ErrorKind.Data"/>).</exception>
    /// <exception cref="OperationCanceledException">Checking was stopped.</exception>
    public static DataReport Run(string path, DataOptions? options = null, IProgress<DataProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new DataOptions();
        options.Validate();
        return DataMemory.Guarded(path, () => Check(path, options with { MaxBadFraction = 1 }, progress, cancellation));
    }

    private static DataReport Check(string path, DataOptions options, IProgress<DataProgress>? progress, CancellationToken cancellation)
    {
        var location = DataLocation.Recognise(path);
        DataKinds.CheckColumn(location, options.Column);
        var (images, unlabelled) = (0L, 0L);
        var (problem, column, byFolder) = (default(string), default(PictureColumn), false);
        SortedDictionary<string, long> formats = NewCounts(), sizes = NewCounts(), classes = NewCounts();
        List<BadFile> bad = [];
        IReadOnlyList<SkippedFiles> skipped = [];
        switch (location.Kind)
        {
            case DataKind.Shapes:
                var shapes = new ShapesSource();
                return new DataReport(path, ShapesSource.Name, shapes.ImagesPerEpoch, [], formats, classes, []);
            case var kind when kind.IsEncoded():
                var encoded = DataKinds.OpenEncoded(location, options.Column);
                (problem, column, byFolder) = (encoded.LabelProblem, encoded.Column, encoded.ClassNames is null);
                (bad, var stopped) = ImageReader.Read(
                    encoded.Files,
                    options,
                    image => (image.Format, Size(image.Height, image.Width)),
                    (file, i) => Keep(i.Format, i.Item2, encoded.ClassOf(file)),
                    progress,
                    encoded.Total,
                    cancellation);
                skipped = stopped ? throw DataSets.TooManyBad(path, images, bad, "too many to list them", "Is this a data set of images?") : encoded.Skipped.List;
                problem ??= encoded.ClassNames is { Count: > 0 } && classes.Count == 0 ? EncodedImages.NoLabelFits : null;
                break;
            default:
                var packed = DataKinds.OpenPacked(location);
                problem = packed.LabelProblem;
                foreach (var (image, label) in DataSets.Guarded(path, packed.Images()))
                {
                    cancellation.ThrowIfCancellationRequested();
                    Keep(image.Format, Size(image.Height, image.Width), packed.ClassOf(label));
                    if (images % 1000 == 0)
                    {
                        progress?.Report(new DataProgress(images, 0, packed.Count));
                    }
                }

                break;
        }

        DataSets.CheckAny(path, images + bad.Count, skipped);
        return new DataReport(
            path,
            location.Kind.Name(),
            images,
            bad,
            formats,
            byFolder && unlabelled > 0 ? NewCounts() : classes,
            [.. sizes.OrderByDescending(s => s.Value).ThenBy(s => s.Key, StringComparer.Ordinal)])
        {
            Skipped = skipped,
            Column = column,
            LabelProblem = problem,
            Unlabelled = byFolder || classes.Count == 0 ? 0 : unlabelled,
        };

        void Keep(string format, string size, string? name)
        {
            images++;
            Add(formats, format);
            Add(sizes, size);
            if (name is null)
            {
                unlabelled++;
            }
            else
            {
                Add(classes, name);
            }
        }
    }

    private static string Size(int height, int width) => FormattableString.Invariant($"{width}×{height}");

    private static SortedDictionary<string, long> NewCounts() => new(StringComparer.Ordinal);

    private static void Add(SortedDictionary<string, long> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
}
