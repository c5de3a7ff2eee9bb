using System.CommandLine;
using System.Globalization;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Cli.Sources;

/// <summary>Opens what a user names as data.</summary>
internal static class DataSource
{
    /// <summary>The part of all files that may be bad.</summary>
    public const double DefaultMaxBad = 0.001;

    // Images of any size are made this large when nothing is said: the seed recipe's size.
    private const int DefaultSize = 96;

    // Validation drawings share no picture with the training ones.
    private const ulong ValidationSalt = 0x76616C_69646174;

    /// <summary>The training images, and others for validation where the source has them.</summary>
    /// <param name="host">Shows the progress, and what was left out.</param>
    /// <param name="data">What is opened.</param>
    /// <param name="options">How it is read.</param>
    /// <param name="validation">A part of the images, or a number of them from 1 on, that are kept for validation; 0 for none.</param>
    public static (IBatchSource Training, IBatchSource? Validation) Open(CliHost host, string data, DataOptions options, double validation)
    {
        if (data == ShapesSource.Name)
        {
            return options.Flip ? throw NoUse("--flip", "no picture comes twice")
                : validation > 0 ? throw NoUse("--validation", "it draws others for that")
                : (Drawings(options), Drawings(options with { Seed = options.Seed ^ ValidationSalt }));
        }

        using var line = new ProgressLine(host);
        var sized = options.Height is null && DataSets.NeedsSize(data) ? options.WithSize(DefaultSize) : options;
        var source = DataSets.Open(data, sized, new ReadProgress(line), host.Interruption.Token);
        if (source is ImageBatchSource { Column: { Others.Count: > 0 } column })
        {
            line.Say($"images are taken from the column {Human.Plain(column.Name)} (--column takes another: {Human.Plain(string.Join(", ", column.Others))})");
        }

        if (source is ImageBatchSource { Skipped: { Count: > 0 } skipped })
        {
            line.Say($"what looks like pictures is passed over: {Human.Plain(string.Join(", ", skipped))}");
        }

        if (source is ImageBatchSource { Animated: > 0 and var animated })
        {
            line.Say($"{animated} animated files: of each the first frame is taken");
        }

        if (source is ImageBatchSource { BadFiles: { Count: > 0 } bad })
        {
            line.Say($"{Human.Quantity(bad.Count, "bad file")} {(bad.Count == 1 ? "is" : "are")} left out, such as {Human.Plain(bad[0].ToString())} (ddim data check lists them)");
        }

        if (validation > 0)
        {
            var (training, apart) = ((ImageBatchSource)source).HoldOut(validation);
            line.Say($"{apart.ImagesPerEpoch} of {apart.ImagesPerEpoch + training.ImagesPerEpoch} images are kept for validation");
            return (training, apart);
        }

        return (source, null);

        IBatchSource Drawings(DataOptions o) => DataSets.Open(data, o, cancellationToken: host.Interruption.Token);
    }

    private static DiffusionException NoUse(string option, string why) => new(ErrorKind.Usage, $"{option} is of no use with {ShapesSource.Name}: {why}");

    /// <summary><c>--validation</c>: how many images are kept apart from training, as <see cref="Open"/> takes it.</summary>
    public static Option<double> ValidationOption() => Parse.Option("--validation", text =>
        text.EndsWith('%') && Number(text[..^1]) is >= 0 and < 100 and var percent ? percent / 100
        : Number(text) is >= 0 and < 1 and var part ? part
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? (double)count
        : throw new FormatException("write a part of the images such as 5% or 0.05, or a number of them such as 500"));

    /// <summary><c>--classes</c>: where the classes of images come from.</summary>
    public static Option<ClassSource> ClassesOption() => Parse.Choice("--classes", Enum.GetValues<ClassSource>().Select(c => (Name(c), c)).ToArray());

    /// <summary>A source of classes as it is written on the command line and in a run's configuration.</summary>
    public static string Name(ClassSource classes) => classes switch
    {
        ClassSource.TopFolders => "top-folders",
        ClassSource.Data => "data",
        _ => "folders",
    };

    /// <summary>What <see cref="Name"/> writes; null for the innermost folders.</summary>
    public static ClassSource ClassesOf(string? name) => Enum.GetValues<ClassSource>().FirstOrDefault(c => Name(c) == name);

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary><c>--column</c>: where the images of a parquet set are.</summary>
    public static Option<string?> ColumnOption() => new("--column");

    /// <summary><c>--max-bad</c>.</summary>
    public static Option<double> MaxBadOption() => Parse.Part("--max-bad");
}
