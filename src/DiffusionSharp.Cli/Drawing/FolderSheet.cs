using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Sheets;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>The contact sheet in a folder of pictures.</summary>
internal static class FolderSheet
{
    // A page to look at; the pictures themselves are beside it.
    private const int Most = 100;

    /// <summary>Writes it from the pictures as they lie there, in whichever sessions they were drawn.</summary>
    /// <param name="job">The images.</param>
    /// <param name="path">The folder, which holds all of them.</param>
    /// <param name="look">How it shows them.</param>
    /// <returns>The sheet; null where one picture is all there is, or a picture of somebody's has its name.</returns>
    public static string? Write(SampleJob job, string path, PictureLook look)
    {
        var file = Path.Join(path, ContactSheet.FileName);
        if (job.Wanted.Length < 2 || (File.Exists(file) && !ContactSheet.Is(file)))
        {
            return null;
        }

        var folder = new PictureFolder(path, job.Recipe);
        string[] pictures = [.. job.Wanted.Take(Most).Select(i => folder.File(job.Seeds[i]))];
        var shape = job.Model.Shape;
        var images = ImageList.Read(pictures, shape, cancellationToken: job.Host.Interruption.Token);
        var labels = SheetLabels.Captioned([.. SheetCaptions.Captions(job).Take(Most)]);
        Sheet.Write(file, shape, Array.ConvertAll(images, v => (float)v), look, labels, job.SheetRecipe, ofFolder: true);
        return file;
    }
}
