using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Sources;
using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Editing;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>Images to start from (<c>--init-image</c>), and what is painted into them (<c>--mask</c>).</summary>
internal sealed class EditingOptions
{
    private readonly InputFile image = new("--init-image");
    private readonly Option<string?> column = DataSource.ColumnOption();
    private readonly Option<double> strength = Parse.Part("--strength");
    private readonly InputFile mask = new("--mask");
    private readonly Option<int> jumpLength = Parse.Number<int>("--jump-length");
    private readonly Option<int> resample = Parse.Number<int>("--resample");

    public IEnumerable<Option> All => [image, column, strength, mask, jumpLength, resample];

    /// <summary>Refuses options that say nothing without another, or contradict it.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="init">The x_T that were given.</param>
    public void Check(ParseResult r, string? init)
    {
        Refuse(r.GetValue(image) is not null && init is not null, "--init starts from x_T and --init-image from an image: give one");
        Refuse(r.GetValue(image) is null && r.Has(column), "--column says where the images of a parquet set are: give one with --init-image");
        Refuse(r.GetValue(image) is null && r.Has(strength), "--strength is a part of the steps done on an image: give one with --init-image");
        Refuse(r.GetValue(image) is null && r.Has(mask), "--mask says what is painted anew in an image: give one with --init-image");
        Refuse(!r.Has(mask) && (r.Has(jumpLength) || r.Has(resample)), "--jump-length and --resample are of an inpainting: give a --mask");
    }

    /// <summary>Reads the images and the mask, both made the model's size (short side, then centre crop).</summary>
    /// <param name="r">The command line.</param>
    /// <param name="shape">The model's images.</param>
    /// <param name="asked">How many images were asked for: as many variants of one image, or the first of a folder; null for one, or all.</param>
    /// <param name="transform">What the network learned of levels.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>What to edit and how many images that makes; null without an image.</returns>
    public (EditOptions? Edit, int? Count) Read(ParseResult r, ImageShape shape, int? asked, PixelTransform transform, CancellationToken cancellation)
    {
        if (r.GetValue(image) is not { } path)
        {
            return (null, null);
        }

        var single = ImageList.IsImage(path);
        var images = ImageInputs.Read([path], shape, single ? 1 : asked, r.GetValue(column), transform, cancellation);
        var edit = new EditOptions
        {
            Images = images,
            Strength = r.Has(strength) ? r.GetValue(strength) : null,
            Mask = r.GetValue(mask) is { } file ? ReadMask(file, shape, cancellation) : null,
            Jumps = new JumpSchedule(r.Or(jumpLength, JumpSchedule.DefaultLength), r.Or(resample, JumpSchedule.DefaultResamples)),
        };
        return (edit, single ? asked ?? 1 : images.Length / shape.Elements);
    }

    private static double[] ReadMask(string path, ImageShape shape, CancellationToken cancellation)
    {
        if (!ImageList.IsImage(path))
        {
            throw new DiffusionException(ErrorKind.Data, $"--mask {path}: there is no image file of that name (PNG, JPEG, WebP, GIF or BMP)");
        }

        return Array.ConvertAll(ImageList.Read([path], shape with { Channels = 1 }, 1, cancellationToken: cancellation), v => (v + 1) / 2);
    }

    private static void Refuse(bool wrong, string message)
    {
        if (wrong)
        {
            throw new DiffusionException(ErrorKind.Usage, message);
        }
    }
}
