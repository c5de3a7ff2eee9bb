using DiffusionSharp.Models.Layouts;

namespace DiffusionSharp.Tests.Models.Layouts;

/// <summary>Names and configuration files made to take long or to take much memory.</summary>
public class HostileLayoutTests
{
    [Fact]
    public void Blocks_are_counted_to_a_thousand()
    {
        var names = Enumerable.Range(0, 2000).ToDictionary(i => $"down.{i}.weight", i => i, StringComparer.Ordinal);
        Assert.Equal(1000, Parsed.Count(names, "down.", ".weight"));
        names.Remove("down.7.weight");
        Assert.Equal(7, Parsed.Count(names, "down.", ".weight"));
    }

    [Fact]
    public void A_configuration_file_with_long_paths_is_refused()
    {
        // Each of its lines would be kept with all of the key above it.
        var text = new string('k', 1_000_000) + ":\n" + string.Concat(Enumerable.Range(0, 9000).Select(i => $"  a{i}: 1\n"));
        var e = Assert.Throws<DiffusionException>(() => FlatYaml.Parse("x/config.yml", text));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains("1000000 characters", e.Message, StringComparison.Ordinal);
        Assert.True(e.Message.Length < 400);
        Assert.Equal(["1"], FlatYaml.Parse("x", "data:\n  a: 1\n")["data.a"]);
    }
}
