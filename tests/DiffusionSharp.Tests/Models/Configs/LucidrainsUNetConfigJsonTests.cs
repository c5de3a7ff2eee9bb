using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using TestKit.Networks;

namespace DiffusionSharp.Tests.Models.Configs;

public class LucidrainsUNetConfigJsonTests
{
    [Fact]
    public void Options_come_back_as_they_were()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var config = RandomLucidrainsUNet.Config(1 + (seed % 3), seed);
            Assert.Equal(config, LucidrainsUNetConfigJson.Parse(LucidrainsUNetConfigJson.ToJson(config), "config.json"));
        }
    }

    [Fact]
    public void What_is_absent_has_the_defaults_of_the_reference() => Assert.Equal(
        new LucidrainsUNetConfig { Height = 128, Width = 128 },
        LucidrainsUNetConfigJson.Parse("""{ "_class_name": "LucidrainsUnet", "image_size": 128, "self_condition": false }""", "config.json"));

    [Theory]
    [InlineData("\"self_condition\": true", "self_condition is true")]
    [InlineData("\"random_fourier_features\": true", "random_fourier_features is true")]
    [InlineData("\"full_attn\": [1]", "full_attn is [1]")]
    [InlineData("\"flash\": true", "flash is true")]
    [InlineData("\"dim\": 7", "dim 7")]
    public void Other_options_are_refused_by_name(string option, string named)
    {
        var e = Assert.Throws<DiffusionException>(() => LucidrainsUNetConfigJson.Parse($$"""{ "_class_name": "LucidrainsUnet", "image_size": 32, {{option}} }""", "config.json"));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains(named, e.Message);
    }
}
