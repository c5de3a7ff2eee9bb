namespace DiffusionSharp.Cli.Pictures;

/// <summary>The folder of a verb that writes several files.</summary>
internal static class OutputFolder
{
    /// <summary>Refuses the name of a file, and makes the folder, before a long run finds that it cannot be written.</summary>
    public static string Create(string path)
    {
        if (Path.GetExtension(path) is ".png" or ".csv" or ".json")
        {
            throw new DiffusionException(ErrorKind.Usage, $"--out {path}: several files are written; name a folder for them");
        }

        Directory.CreateDirectory(path);
        return path;
    }
}
