using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Sampling;

namespace DiffusionSharp.Tests.Models;

/// <summary>A model of somebody's own network does what one from a folder does.</summary>
public class OwnNetworkTests
{
    private static readonly ImageShape Shape = new(3, 4, 4);

    [Theory]
    [InlineData(PredictionType.Epsilon)]
    [InlineData(PredictionType.Sample)]
    [InlineData(PredictionType.VPrediction)]
    public void It_samples_as_the_sampler_does(PredictionType type)
    {
        var schedule = NoiseSchedule.Cosine(300);
        using var model = DiffusionModel.From(Network(), Shape, schedule, type);
        var images = model.Sample(new SampleOptions { Steps = 7, Seed = 3, Count = 2, Eta = 0.5 });

        var config = SchedulerConfig.FromSchedule(schedule, type);
        var plan = DiffusionModel.Plan(config, new SampleOptions { Steps = 7, Eta = 0.5 });
        var expected = Sampler.Run(Network(), plan, new SamplerRequest { Shape = Shape, Count = 2, Noise = NoiseSource.FromSeeds([3, 4]) });
        Assert.Equal(expected.Values, images.Values);
        Assert.Equal(type, plan.PredictionType);
        Assert.Equal(schedule, model.Schedule);
    }

    [Fact]
    public void It_is_disposed_of_with_the_model_and_draws_its_own_size_alone()
    {
        var network = new Closing();
        var model = DiffusionModel.From(network, Shape, NoiseSchedule.Linear());
        Assert.Null(model.Source);
        Assert.Equal(Shape, model.TrainedShape);
        var e = Assert.Throws<DiffusionException>(() => model.Sample(new SampleOptions { Size = (8, 8) }));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains("size 8×8: the model was made from a network of images of 3×4×4", e.Message, StringComparison.Ordinal);
        Assert.Contains("no timesteps of its own", Assert.Throws<DiffusionException>(() => model.Plan(new SampleOptions { Spacing = TimestepSpacing.Tuned })).Message, StringComparison.Ordinal);

        model.Dispose();
        Assert.True(network.IsClosed);
    }

    private static FakeDenoiser Network() => new(3, (x, t) => (float)((0.3 * x) + (1e-4 * t)));

    private sealed class Closing : IDenoiser
    {
        public bool IsClosed { get; private set; }

        public int OutputChannels => 3;

        public void Predict(DenoiserInput input, Span<float> prediction) => prediction.Clear();

        public void Dispose() => IsClosed = true;
    }
}
