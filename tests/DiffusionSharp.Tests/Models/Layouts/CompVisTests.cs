using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using TestKit.Files;

namespace DiffusionSharp.Tests.Models.Layouts;

/// <summary>Checkpoints of CompVis' DDPM: the averages of LitEma have the parameters' names without dots.</summary>
public sealed class CompVisTests : IDisposable
{
    private const string Raw = "model.diffusion_model.";
    private static readonly CheckpointFacts Told = new() { Height = 8, Width = 8, NumHeads = 2, NoiseSchedule = "linear", Prediction = PredictionType.Epsilon };
    private static readonly ReferenceModule Module = new GuidedFlags().Module();
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("state_dict.")]
    public void The_average_is_meant_and_the_weights_come_with_raw(string above)
    {
        var path = Write(above, [.. Averages(above), new($"{above}model_ema.decay", new HostTensor([], [0.9999f])), new($"{above}model_ema.num_updates", new HostTensor([], [7]))]);
        var average = ModelSource.Open(path, facts: Told);
        Assert.Equal(new StateDict(WeightsLayout.Guided, $"{above}model_ema.diffusion_model", true) { DottedPrefix = above + Raw }, average.Set);
        Assert.Equal(average.Set, ModelSource.Open(path, facts: Told, average: true).Set);
        var raw = ModelSource.Open(path, raw: true, Told);
        Assert.Equal((above + Raw, false), (raw.Prefix, raw.Set.IsAverage));

        using var one = average.OpenWeights();
        using var two = raw.OpenWeights();
        Assert.All(one.ReadAll().Zip(two.ReadAll()), p => Assert.Equal(p.Second.Value.Data.Select(v => 2 * v), p.First.Value.Data));
        ModelConverter.Convert(average, folder["out"]);
        using var written = ModelSource.Open(folder["out"]).OpenWeights();
        Assert.All(one.ReadAll().Zip(written.ReadAll()), p => Assert.Equal(p.First.Value.Data, p.Second.Value.Data));
    }

    [Fact]
    public void A_name_that_may_stand_for_two_is_refused()
    {
        var path = Write("", [.. Averages(""), new(Raw + "time_embed.0weight", new HostTensor([1], [1]))]);
        var e = Assert.Throws<DiffusionException>(() => ModelSource.Open(path, facts: Told));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains("'model_ema.diffusion_modeltime_embed0weight'", e.Message, StringComparison.Ordinal);
        Assert.Contains("(raw)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_average_that_lacks_a_parameter_or_has_one_too_many_names_it()
    {
        const string Lost = "model_ema.diffusion_modelout2bias";
        Assert.Contains("1 missing: out.2.bias", Fails([.. Averages("").Where(a => a.Key != Lost)]), StringComparison.Ordinal);
        Assert.Contains("1 unexpected: logvar", Fails([.. Averages(""), new("model_ema.diffusion_modellogvar", new HostTensor([1], [1]))]), StringComparison.Ordinal);

        string Fails(KeyValuePair<string, HostTensor>[] averages) =>
            Assert.Throws<DiffusionException>(() => ModelSource.Open(Write("", averages), facts: Told).OpenWeights()).Message;
    }

    private static KeyValuePair<string, HostTensor>[] Averages(string above) =>
        [.. Module.Values("diffusion_model.", scale: 2).Select(v => KeyValuePair.Create($"{above}model_ema.{v.Key.Replace(".", "", StringComparison.Ordinal)}", v.Value))];

    private string Write(string above, IReadOnlyList<KeyValuePair<string, HostTensor>> others)
    {
        SafetensorsWriter.Write(folder["m.safetensors"], [.. Module.Values(above + Raw), .. others]);
        return folder["m.safetensors"];
    }
}
