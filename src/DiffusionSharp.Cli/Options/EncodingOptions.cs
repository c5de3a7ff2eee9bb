using System.CommandLine;
using DiffusionSharp.Sampling;

namespace DiffusionSharp.Cli.Options;

/// <summary>Which images are encoded, and where an encoding step calls the network.</summary>
/// <param name="argument">The images' name in the help.</param>
internal sealed class EncodingOptions(string argument)
{
    private readonly Option<int> count = Parse.Number<int>("--count");
    private readonly Option<InversionLevel> level = Parse.Choice(
        "--level",
        ("target", InversionLevel.Target), ("current", InversionLevel.Current), ("refined", InversionLevel.Refined));

    /// <summary>Files, folders, archives, or <c>builtin:shapes</c>.</summary>
    public Argument<string[]> Images { get; } = new(argument) { Arity = ArgumentArity.OneOrMore };

    public IEnumerable<Option> All => [count, level];

    /// <summary>Where a step calls the network.</summary>
    public InversionLevel Level(ParseResult r) => r.Or(level, InversionLevel.Target);

    /// <summary>Reads the images as the model takes them, [N, C, H, W], -1…1.</summary>
    public double[] Read(ParseResult r, ImageShape shape, CancellationToken cancellation) =>
        ImageInputs.Read(r.GetValue(Images)!, shape, r.Has(count) ? r.GetValue(count) : null, cancellation);
}
