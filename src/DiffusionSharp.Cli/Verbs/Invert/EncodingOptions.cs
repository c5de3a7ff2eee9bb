using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Sources;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Inversion;

namespace DiffusionSharp.Cli.Verbs.Invert;

/// <summary>Which images are encoded, and where an encoding step calls the network.</summary>
/// <param name="argument">The images' name in the help.</param>
internal sealed class EncodingOptions(string argument)
{
    private readonly Option<int> count = Parse.Number<int>("--count");
    private readonly Option<string?> column = DataSource.ColumnOption();
    private readonly Option<InversionLevel> level = Parse.Choice(
        "--level",
        ("target", InversionLevel.Target), ("current", InversionLevel.Current), ("refined", InversionLevel.Refined));

    /// <summary>Files, folders, archives, or <c>builtin:shapes</c>.</summary>
    public Argument<string[]> Images { get; } = new(argument) { Arity = ArgumentArity.OneOrMore };

    public IEnumerable<Option> All => [count, column, level];

    /// <summary>Where a step calls the network.</summary>
    public InversionLevel Level(ParseResult r) => r.Or(level, InversionLevel.Target);

    /// <summary>Reads the images as the model takes them, [N, C, H, W].</summary>
    public double[] Read(ParseResult r, DiffusionModel model, CancellationToken cancellation) => ImageInputs.Read(
        r.GetValue(Images)!, model.Shape, r.Has(count) ? r.GetValue(count) : null, r.GetValue(column), model.Scheduler.PixelTransform, cancellation);
}
