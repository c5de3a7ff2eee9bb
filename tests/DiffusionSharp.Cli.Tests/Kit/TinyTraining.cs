using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Tests.Kit;

/// <summary>A run of a moment in a scratch folder.</summary>
internal sealed class TinyTraining(Scratch scratch)
{
    /// <summary>Options of a network that learns fast, if little.</summary>
    public static string[] Network { get; } = ["--channels", "8", "--multipliers", "1", "--layers", "1", "--groups", "4", "--batch", "2"];

    /// <summary>The run's folder.</summary>
    public string Run => scratch["run"];

    /// <summary>The command that begins it, without a length.</summary>
    public string[] Endless => ["train", "builtin:shapes", "--out", Run, "--size", "16", .. Network];

    /// <summary>Three updates of two images.</summary>
    public string[] Shapes => [.. Endless, "--steps", "3"];

    /// <summary>How many images the run has learned from.</summary>
    public long Images() => Checkpoint.ReadState(new RunFolder(Run).Latest()!).Images;

    /// <summary>Saves drawings in a folder "photos".</summary>
    public void SavePictures(int count)
    {
        var pixels = new byte[3 * 16 * 16];
        for (var i = 0; i < count; i++)
        {
            new ShapesSource(16).Read(i, pixels, new int[1]);
            ImageFile.SavePng(Path.Combine(scratch["photos"], $"{i}.png"), new ImageShape(3, 16, 16), pixels);
        }
    }
}
