using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>How pictures are shown.</summary>
/// <param name="from">Whose pictures are taken up again; null where none are.</param>
internal sealed class PictureOptions(FromOption? from = null)
{
    private readonly Option<bool> noLabels = new("--no-labels");

    /// <summary>The enlargement, for sheets that are nothing without their labels.</summary>
    public Option<int> Scale { get; } = Parse.Option("--scale", text => Parse.One<int>(text) is >= 1 and <= Enlargement.Most and var factor
        ? factor
        : throw new FormatException($"give a whole factor, 1 to {Enlargement.Most}"));

    public IEnumerable<Option> All => [noLabels, Scale];

    public PictureLook Look(ParseResult r) => new(!r.GetValue(noLabels), r.Has(Scale) ? r.GetValue(Scale) : null);

    /// <summary>Refuses to enlarge what is no picture to be looked at.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="isPicture">Whether one is written.</param>
    /// <param name="else">What is written instead, and why it is not enlarged.</param>
    public void RequirePicture(ParseResult r, bool isPicture, string @else)
    {
        if (r.Has(Scale) && !isPicture && from?.Gave(Scale) != true)
        {
            throw new DiffusionException(
                ErrorKind.Usage, $"--scale {r.GetValue(Scale)} enlarges a picture to be looked at, and {@else}; leave it out, or name a picture: --out FILE{PictureTarget.Sheet}");
        }
    }
}
