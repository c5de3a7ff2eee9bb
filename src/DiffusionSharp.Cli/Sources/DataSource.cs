using System.CommandLine;
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
    public static (IBatchSource Training, IBatchSource? Validation) Open(CliHost host, string data, DataOptions options)
    {
        if (data == ShapesSource.Name)
        {
            return options.Flip
                ? throw new DiffusionException(ErrorKind.Usage, $"--flip is of no use with {ShapesSource.Name}: no picture comes twice")
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

        if (source is ImageBatchSource { BadFiles: { Count: > 0 } bad })
        {
            line.Say($"{Human.Of(bad.Count, "bad file")} {(bad.Count == 1 ? "is" : "are")} left out, such as {Human.Plain(bad[0].ToString())} (ddim data check lists them)");
        }

        return (source, null);

        IBatchSource Drawings(DataOptions o) => DataSets.Open(data, o, cancellation: host.Interruption.Token);
    }

    /// <summary><c>--column</c>: where the images of a parquet set are.</summary>
    public static Option<string?> ColumnOption() => new("--column");

    /// <summary><c>--max-bad</c>.</summary>
    public static Option<double> MaxBadOption() => Parse.Part("--max-bad");
}
