namespace DiffusionSharp.Imaging.Data;

/// <summary>Where the classes of a folder or an archive of images come from; other data sets bring labels of their own.</summary>
public enum ClassSource
{
    /// <summary>The folder an image lies in.</summary>
    Folders,

    /// <summary>The outermost folder an image lies below; one that holds all images is passed over.</summary>
    TopFolders,

    /// <summary>Files beside the images: Hugging Face's <c>metadata.jsonl</c>, WebDataset's <c>.cls</c> and <c>.json</c>.</summary>
    Data,
}
