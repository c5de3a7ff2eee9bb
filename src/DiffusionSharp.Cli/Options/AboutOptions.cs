using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Models.Layouts;

namespace DiffusionSharp.Cli.Options;

/// <summary>What a model does not say of itself: <c>--about</c>; and the size of its images, said or not: <c>--size</c>.</summary>
internal sealed class AboutOptions
{
    private readonly Option<CheckpointFacts> about = AboutOption();
    private readonly Option<(int Height, int Width)?> size = Parse.Size("--size");

    /// <summary><c>--about</c> alone, for verbs whose <c>--size</c> means something else.</summary>
    public static Option<CheckpointFacts> AboutOption() => Parse.Option("--about", CheckpointFacts.Parse);

    public IEnumerable<Option> All => [about, size];

    /// <summary>What was told; null for nothing.</summary>
    /// <exception cref="DiffusionException">Two sizes were.</exception>
    public CheckpointFacts? Read(ParseResult r)
    {
        var told = r.GetValue(about);
        if (r.GetValue(size) is not { } given)
        {
            return told;
        }

        return told?.Height is null || (told.Height, told.Width) == given
            ? (told ?? new CheckpointFacts()) with { Height = given.Height, Width = given.Width }
            : throw new DiffusionException(ErrorKind.Usage, $"--size {given.Height}x{given.Width} and --about image_size={told.Height}x{told.Width} are two sizes: give one");
    }
}
