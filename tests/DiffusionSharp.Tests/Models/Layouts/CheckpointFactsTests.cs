using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Models.Layouts;

public class CheckpointFactsTests
{
    [Fact]
    public void Every_key() => Assert.Equal(
        new CheckpointFacts
        {
            Height = 64,
            Width = 96,
            NumHeads = 4,
            NumHeadsUpsample = 2,
            NumHeadChannels = 32,
            UseNewAttentionOrder = true,
            NoiseSchedule = "cosine",
            DiffusionSteps = 4000,
            BetaStart = 1e-4,
            BetaEnd = 0.5,
            Prediction = PredictionType.VPrediction,
            RescaleTimesteps = false,
            Clip = true,
        },
        CheckpointFacts.Parse(
            "image_size=64x96, num_heads=4,num_heads_upsample=2,num_head_channels=32,use_new_attention_order=True,noise_schedule=cosine,diffusion_steps=4000,"
            + "beta_start=1e-4,beta_end = 0.5,prediction=v_prediction,rescale_timesteps=false,clip=True,"));

    [Theory]
    [InlineData("image_size=64", 64, 64)]
    [InlineData("", null, null)]
    public void One_number_is_both_sides(string text, int? height, int? width) => Assert.Equal(new CheckpointFacts { Height = height, Width = width }, CheckpointFacts.Parse(text));

    [Theory]
    [InlineData("epsilon", PredictionType.Epsilon)]
    [InlineData("sample", PredictionType.Sample)]
    public void Predictions(string text, PredictionType prediction) => Assert.Equal(prediction, CheckpointFacts.Parse($"prediction={text}").Prediction);

    [Theory]
    [InlineData("image_size", "key=value")]
    [InlineData("image_size=", "key=value")]
    [InlineData("image_size=1=2", "key=value")]
    [InlineData("image_size=8,image_size=8", "each key once")]
    [InlineData("imagesize=8", "there is no such key; there are image_size")]
    [InlineData("image_size=0", "1 to 1000000")]
    [InlineData("image_size=-8", "whole number")]
    [InlineData("image_size=8x", "whole number")]
    [InlineData("image_size=8x8x8", "whole number")]
    [InlineData("num_heads=99999999999", "whole number")]
    [InlineData("beta_start=small", "a number")]
    [InlineData("beta_end=NaN", "a number")]
    [InlineData("clip=yes", "True or False")]
    [InlineData("prediction=noise", "epsilon, sample or v_prediction")]
    public void What_is_wrong_is_said(string text, string reason)
    {
        var e = Assert.Throws<DiffusionException>(() => CheckpointFacts.Parse(text));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains(reason, e.Message);
    }
}
