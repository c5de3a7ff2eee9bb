namespace DiffusionSharp.Imaging.Data;

/// <summary>The classes that a data set's labels make. Labels that make none never stop reading: the reason is kept for whoever asks for classes.</summary>
/// <param name="Names">Of the classes; empty where there are none.</param>
/// <param name="Numbers">The class of each image, <see cref="None"/> where it has no label; empty where there are no classes.</param>
/// <param name="Problem">Why labels that are there make no classes; null where they do, and where there are none.</param>
internal sealed record ClassLabels(IReadOnlyList<string> Names, int[] Numbers, string? Problem = null)
{
    /// <summary>The class of an image without a label, in a set that has classes.</summary>
    public const int None = -1;

    /// <summary>The problem of labels that are all of other images.</summary>
    public const string NoneFits = "none is of an image that is there";

    /// <summary>A set without labels.</summary>
    public static ClassLabels Absent { get; } = new([], []);

    /// <summary>What is worth knowing of classes that there are; null for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>The class of an image; 0 in a set without classes.</summary>
    /// <param name="image">Its place in the set.</param>
    public int this[int image] => Numbers.Length == 0 ? 0 : Numbers[image];

    /// <summary>Images per class, of classes that have some.</summary>
    public SortedDictionary<string, long> Counts()
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var name in Names.Count == 0 ? [] : Numbers.Where(n => n != None).Select(n => Names[n]))
        {
            counts[name] = counts.GetValueOrDefault(name) + 1;
        }

        return counts;
    }

    /// <summary>Reads labels; what cannot be read is a problem of the labels, and none of the images.</summary>
    /// <param name="read">Hands the labels of all images to the collector, in their order.</param>
    /// <param name="names">Makes the names of so many classes; null for numbers.</param>
    public static ClassLabels Read(Action<LabelCollector> read, Func<int, IReadOnlyList<string>>? names = null)
    {
        var collector = new LabelCollector();
        try
        {
            read(collector);
            return collector.Complete(names ?? EncodedImages.Numbers);
        }
        catch (Exception e) when (e is DiffusionException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return new ClassLabels([], [], e.Message);
        }
    }
}
