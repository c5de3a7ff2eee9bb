using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>The options that make a U-Net.</summary>
internal sealed class NetworkOptions
{
    private static readonly int[] DefaultMultipliers = [1, 2, 2, 4];

    public Option<(int Height, int Width)?> Size { get; } = Parse.Size("--size");

    public Option<int> Colour { get; } = Parse.Choice("--colour", ("gray", 1), ("rgb", 3), ("rgba", 4));

    public Option<int> Channels { get; } = Parse.Number<int>("--channels");

    public Option<int[]> Multipliers { get; } = Parse.List<int>("--multipliers");

    public Option<int> Layers { get; } = Parse.Number<int>("--layers");

    public Option<int[]> Attention { get; } = Parse.List<int>("--attention");

    public Option<int> Groups { get; } = Parse.Number<int>("--groups");

    public Option<double> Dropout { get; } = Parse.Number<double>("--dropout");

    private IEnumerable<Option> Shape => [Channels, Multipliers, Layers, Attention, Groups, Dropout];

    public IEnumerable<Option> All => [Size, Colour, .. Shape];

    public IEnumerable<Option> Given(ParseResult r) => All.Where(r.Has);

    /// <summary>The network for images of a shape; what is not given comes from a saved one, or is chosen for the size.</summary>
    public NetworkConfig Resolve(ParseResult r, ImageShape shape, NetworkConfig? saved) =>
        saved is not null && shape == saved.InputShape && !Shape.Any(r.Has) ? saved
        : saved is null or UNetConfig ? Resolve(r, shape, saved as UNetConfig)
        : throw new DiffusionException(
            ErrorKind.Usage,
            $"the run's network takes {saved.InputShape} and is of a family that {Given(r).FirstOrDefault()?.Name ?? "the data"} cannot change: a run keeps its network");

    private UNetConfig Resolve(ParseResult r, ImageShape shape, UNetConfig? saved)
    {
        const int mostChannels = 1 << 14, mostTimes = 1 << 10;
        var savedChannels = saved?.BaseChannels ?? saved?.BlockOutChannels[0];
        var channels = r.Or(Channels, savedChannels ?? 64);
        var multipliers = r.Or(Multipliers, saved is null ? ChooseMultipliers(shape) : SavedMultipliers(saved, savedChannels!.Value));
        var attention = r.Or(Attention, saved is null ? ChooseAttention(shape, multipliers.Length) : SavedAttention(saved));
        if (multipliers.Length == 0)
        {
            throw new DiffusionException(ErrorKind.Usage, "--multipliers is empty; give one number per level, such as 1,2,2");
        }

        if (channels is < 1 or > mostChannels || multipliers.Any(m => m is < 1 or > mostTimes))
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"--channels: found {channels}, 1 to {mostChannels} expected; --multipliers: found {string.Join(',', multipliers)}, each 1 to {mostTimes}");
        }

        var config = UNetConfig.Ddpm(shape, channels, multipliers, r.Or(Layers, saved?.LayersPerBlock ?? 2), attention);
        return config with
        {
            NormNumGroups = r.Or(Groups, saved?.NormNumGroups ?? ChooseGroups(config)),
            Dropout = r.Or(Dropout, saved?.Dropout ?? 0),
        };
    }

    // Halve while both sides stay even and at least 8.
    internal static int[] ChooseMultipliers(ImageShape shape)
    {
        var levels = 1;
        while (shape.Height % (1 << levels) == 0 && shape.Width % (1 << levels) == 0 && Side(shape) >> levels >= 8)
        {
            levels++;
        }

        return [.. Enumerable.Range(0, levels).Select(l => DefaultMultipliers[Math.Min(l, DefaultMultipliers.Length - 1)])];
    }

    // DDPM has attention at 16×16; far above, its cost would be all there is.
    internal static int[] ChooseAttention(ImageShape shape, int levels)
    {
        var nearest = Enumerable.Range(0, levels).Select(l => Side(shape) >> l).MinBy(side => Math.Abs(side - 16));
        return nearest <= 32 ? [nearest] : [];
    }

    internal static int ChooseGroups(UNetConfig config)
    {
        int[] widths = [config.BaseChannels ?? config.BlockOutChannels[0], .. config.BlockOutChannels];
        return new[] { 32, 16, 8, 4, 2 }.FirstOrDefault(g => widths.All(w => w % g == 0 && w / g > 1), 1);
    }

    private static int[] SavedMultipliers(UNetConfig saved, int channels) => saved.BlockOutChannels.All(c => c % channels == 0)
        ? [.. saved.BlockOutChannels.Select(c => c / channels)]
        : throw new DiffusionException(
            ErrorKind.Usage,
            $"the network's widths {string.Join(", ", saved.BlockOutChannels)} are no multiples of {channels}: give --multipliers, too");

    private static int[] SavedAttention(UNetConfig saved) =>
        [.. Enumerable.Range(0, saved.Levels).Where(l => saved.DownBlockTypes[l] == "AttnDownBlock2D").Select(l => Side(saved.InputShape) >> l)];

    private static int Side(ImageShape shape) => Math.Min(shape.Height, shape.Width);
}
