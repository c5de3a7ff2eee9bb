namespace DiffusionSharp.Imaging.Files;

/// <summary>The sheet that lies in a folder of pictures and shows them together: it is none of them.</summary>
public static class ContactSheet
{
    /// <summary>Its name.</summary>
    public const string FileName = "sheet.png";

    /// <summary>The key of the PNG's text that tells it from a picture of that name.</summary>
    public const string Key = "ddim-contact-sheet";

    /// <summary>Whether a file is one.</summary>
    /// <param name="path">The file.</param>
    public static bool Is(string path)
    {
        if (Path.GetFileName(path) != FileName)
        {
            return false;
        }

        try
        {
            return PngFile.Read(path).Text.ContainsKey(Key);
        }
        catch (DiffusionException)
        {
            return false;
        }
    }
}
