using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Verbs.Train;

namespace DiffusionSharp.Cli.Tests.Options;

public sealed class ParsingTests
{
    [Theory]
    [InlineData("90", 90.0)]
    [InlineData("1.5s", 1.5)]
    [InlineData("45m", 2700.0)]
    [InlineData("1h30m", 5400.0)]
    [InlineData("2d", 172800.0)]
    [InlineData("", null)]
    [InlineData("m", null)]
    [InlineData("0", null)]
    [InlineData("-5", null)]
    [InlineData("5x", null)]
    [InlineData("5m3", null)]
    public void Durations(string text, double? seconds) => Assert.Equal(seconds, Parse.Seconds(text));

    [Fact]
    public void Seed_lists()
    {
        Assert.Equal([1UL, 5, 9, 10, 11, 12], SeedOptions.ParseList("1,5,9-12"));
        Assert.Equal([ulong.MaxValue], SeedOptions.ParseList("18446744073709551615"));
        Assert.All(["", "a", "3-1", "1,,2", "0-18446744073709551615", "-1"], text => Assert.Throws<FormatException>(() => SeedOptions.ParseList(text)));
    }

    [Theory]
    [InlineData("7")]
    [InlineData("0-15")]
    [InlineData("9,1,5-8,3")]
    [InlineData("18446744073709551614-18446744073709551615,0")]
    public void Seeds_have_one_spelling(string text) => Assert.Equal(text, SeedOptions.Spell(SeedOptions.ParseList(text)));

    [Theory]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "acb", 1)]
    [InlineData("sampel", "sample", 1)]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    public void Edit_distances(string a, string b, int distance)
    {
        Assert.Equal(distance, Suggestion.Distance(a, b));
        Assert.Equal(distance, Suggestion.Distance(b, a));
    }

    [Theory]
    [InlineData(96, new[] { 1, 2, 2, 4 }, 12)]
    [InlineData(64, new[] { 1, 2, 2, 4 }, 16)]
    [InlineData(32, new[] { 1, 2, 2 }, 16)]
    [InlineData(16, new[] { 1, 2 }, 16)]
    [InlineData(256, new[] { 1, 2, 2, 4, 4, 4 }, 16)]
    [InlineData(8, new[] { 1 }, 8)]
    [InlineData(33, new[] { 1 }, null)]
    public void Network_fits_the_size(int side, int[] multipliers, int? attention)
    {
        var shape = new ImageShape(3, side, side);

        Assert.Equal(multipliers, NetworkOptions.ChooseMultipliers(shape));
        Assert.Equal(attention is int only ? [only] : [], NetworkOptions.ChooseAttention(shape, multipliers.Length));
    }

    [Theory]
    [InlineData(64, 32)]
    [InlineData(32, 16)]
    [InlineData(16, 8)]
    [InlineData(12, 4)]
    [InlineData(7, 1)]
    public void Groups_hold_more_than_one_channel(int channels, int groups) =>
        Assert.Equal(groups, NetworkOptions.ChooseGroups(Networks.UNetConfig.Ddpm(new ImageShape(3, 8, 8), channels, [1, 2], 1, [])));
}
