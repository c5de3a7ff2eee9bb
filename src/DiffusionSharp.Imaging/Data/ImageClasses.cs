namespace DiffusionSharp.Imaging.Data;

/// <summary>Takes the images that were kept, one after the other, and says their classes.</summary>
internal sealed class ImageClasses(EncodedImages images, ClassSource source)
{
    private readonly FolderClasses folders = new();
    private readonly List<int> labels = [];
    private readonly List<string> names = [];

    /// <summary>Images so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an image.</summary>
    public void Add(RawImage file)
    {
        Count++;
        if (images.ClassNames is not null)
        {
            labels.Add(file.Label);
        }
        else if (images.Beside is not null)
        {
            names.Add(file.Name);
        }
        else
        {
            folders.Add(file);
        }
    }

    /// <summary>The classes, when all images have been read.</summary>
    public ClassLabels Complete()
    {
        if (images.ClassNames is { } known)
        {
            return known.Count == 0 || labels.All(l => l == ClassLabels.None)
                ? new ClassLabels([], [], images.LabelProblem ?? (known.Count == 0 ? null : ClassLabels.NoneFits))
                : new ClassLabels(known, [.. labels]);
        }

        return images.Beside?.Read(names) ?? folders.Complete(source == ClassSource.TopFolders);
    }
}
