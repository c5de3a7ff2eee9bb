using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Editing;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Sampling;

namespace DiffusionSharp.Tests;

/// <summary>Numbers of files and options that would become more memory than there is: refused with the numbers, before anything is allocated.</summary>
public class MemoryNeedTests
{
    private const int Huge = 2_000_000_000;

    [Fact]
    public void What_is_not_there_is_refused_with_the_numbers()
    {
        MemoryNeed.Require(3e9, "images", "take fewer", () => 3_000_000_000);
        MemoryNeed.Require(1000, "images", "take fewer", () => 0);
        Refused(ErrorKind.Device, () => MemoryNeed.Require(6 * Math.Pow(2, 30), "images", "take fewer", () => 1 << 29), "images need 6.0 GiB", "0.5 GiB are available; take fewer");
        Refused(ErrorKind.Device, () => MemoryNeed.Require(1e18, "images", "take fewer"), "931,322,574.6 GiB");
    }

    [Theory]
    [InlineData("sample_size", "1048576", "network node x of 3×1048576×1048576 would be 3,298,534,883,328 values")]
    [InlineData("sample_size", "[8192, 8192]", "conv_in of 128×8192×8192")]
    [InlineData("sample_size", "2000000000", "2,147,483,591 at most")]
    [InlineData("in_channels", "2000000000", "network node x of 2000000000×32×32")]
    [InlineData("out_channels", "2000000000", "the weights conv_out.weight [2000000000, 128, 3, 3]")]
    [InlineData("num_class_embeds", "2000000000", "the weights class_embedding.weight [2000000000, 512]")]
    [InlineData("layers_per_block", "2000000000", "outside 1…64")]
    [InlineData("block_out_channels", "[65536, 65536]", "the weights time_embedding.linear_1.weight [262144, 65536] would be 17,179,869,184 values")]
    public void A_config_is_refused(string key, string value, string says)
    {
        var usual = UNetConfigJson.ToJson(UNetConfig.Ddpm(new ImageShape(3, 32, 32), 128, [1, 2], 2, [16]));
        var json = System.Text.Json.Nodes.JsonNode.Parse(usual)!.AsObject();
        json[key] = System.Text.Json.Nodes.JsonNode.Parse(value);
        Refused(ErrorKind.ModelFile, () => UNetConfigJson.Parse(json.ToJsonString(), "unet/config.json"), "unet/config.json", says);
    }

    [Fact]
    public void A_lucidrains_config_is_refused() => Refused(
        ErrorKind.ModelFile,
        () => LucidrainsUNetConfigJson.Parse(
            LucidrainsUNetConfigJson.ToJson(new LucidrainsUNetConfig { Height = 1 << 20, Width = 1 << 20, Dim = 8, DimMults = [1, 2] }), "config.json"),
        "config.json",
        "×1048576×1048576");

    [Theory]
    [InlineData("linear")]
    [InlineData("scaled_linear")]
    [InlineData("squaredcos_cap_v2")]
    [InlineData("sigmoid")]
    [InlineData("sigmoid_lucidrains")]
    [InlineData("const")]
    [InlineData("jsd")]
    [InlineData("linear_scaled_T")]
    public void A_schedule_of_two_thousand_million_timesteps_is_refused(string name) =>
        Refused(ErrorKind.Configuration, () => NoiseSchedule.Named(name, Huge, 1e-4, 0.02), "T = 2000000000: 1 to 1000000 timesteps");

    [Fact]
    public void More_images_than_can_be_held_are_refused()
    {
        var plan = DdimPlan.Create(NoiseSchedule.Linear(10), Timesteps.Uniform(10, 2));
        Refused(ErrorKind.Usage, () => Sample(new ImageShape(3, 32, 32), 1_000_000), "1000000 images of 3×32×32 would be 3,072,000,000 values");
        Refused(ErrorKind.Configuration, () => Sample(new ImageShape(3, 1 << 20, 1 << 20), 1), "an image of 3×1048576×1048576");
        Refused(ErrorKind.Usage, () => LatentGrid.Between([1, 2, 3, 4], 1000, 3072), "1000000 latents");

        void Sample(ImageShape shape, int count) => Sampler.Run(
            new FakeDenoiser(3, (x, _) => x), plan, new SamplerRequest { Shape = shape, Count = count, Noise = NoiseSource.FromSeeds(new ulong[count]) });
    }

    [Fact]
    public void Jumps_without_end_are_refused() => Refused(
        ErrorKind.Usage, () => new JumpSchedule(1, Huge).Walk(10), "2000000000 times");

    private static void Refused(ErrorKind kind, Action action, params string[] says)
    {
        var e = Assert.Throws<DiffusionException>(action);
        Assert.Equal(kind, e.Kind);
        Assert.All(says, s => Assert.Contains(s, e.Message));
    }
}
