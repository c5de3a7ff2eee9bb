namespace DiffusionSharp.Imaging.Data;

/// <summary>The classes that a data set's labels make. Labels that make none never stop reading: the reason is kept for whoever asks for classes.</summary>
/// <param name="Names">Of the classes; empty where there are none.</param>
/// <param name="Numbers">The class of each image, <see cref="None"/> where it has no label; empty where there are no classes.</param>
/// <param name="Problem">Why labels that are there make no classes; null where they do, and where there are none.</param>
internal sealed record ClassLabels(IReadOnlyList<string> Names, int[] Numbers, string? Problem = null)
{
    /// <summary>The class of an image without a label, in a set that has classes.</summary>
    public const int None = -1;

    /// <summary>A set without labels.</summary>
    public static ClassLabels Absent { get; } = new([], []);

    /// <summary>The class of an image; 0 in a set without classes.</summary>
    /// <param name="image">Its place in the set.</param>
    public int this[int image] => Numbers.Length == 0 ? 0 : Numbers[image];

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
