using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Tests.Training.Options;

public class TrainingOptionsTests
{
    [Fact]
    public void The_defaults_with_a_length_are_valid() => new TrainingOptions { TotalImages = 1 }.Validate();

    [Fact]
    public void Every_problem_is_listed_at_once()
    {
        var options = new TrainingOptions
        {
            BatchSize = 0,
            MicroBatch = 0,
            LearningRate = double.NaN,
            Decay = LearningRateDecay.Polynomial,
            DecayCycles = 0,
            DecayPower = -2,
            FinalLearningRate = 0.5,
            WarmupImages = -1,
            Beta1 = 1,
            Beta2 = -0.5,
            AdamEpsilon = 0,
            WeightDecay = -1,
            GradientClip = -2,
            LabelDrop = 1.1,
            Augment = 1.5,
            PosthocLengths = [0.05, 0.5],
            SnapshotEvery = 0,
            VarianceWeight = 0,
            SigmaLogDeviation = 0,
            EmaDecays = [0.9, 0.9, 1.5],
            CheckpointEvery = 0,
            CheckpointSeconds = -1,
            SampleEvery = -1,
            BFloat16 = true,
            Threads = -3,
        };
        var e = Assert.Throws<DiffusionException>(options.Validate);
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        string[] found =
        [
            "batch size 0", "micro-batch 0", "learning rate NaN", "warm-up -1", "betas 1, -0.5", "epsilon 0", "weight decay -1", "clip -2", "label drop 1.1", "augmentation 1.5", "[0.05, 0.5] must be different", "every 0 images: it", "variance's weight 0", "N(-1.2, 0²)",
            "[0.9, 0.9, 1.5] must", "[0.9, 0.9, 1.5] repeat", "nothing ends the run", "falls (Polynomial)", "falls 0 times", "power -2", "final learning rate 0.5", "every 0 images", "every -1 s", "intervals", "its counterpart is activations in bfloat16", "threads -3",
        ];
        Assert.All(found, text => Assert.Contains(text, e.Message));
    }

    [Fact]
    public void Each_engine_names_the_16_bits_of_the_other()
    {
        var options = new TrainingOptions { TotalImages = 1, Activations = ActivationPrecision.BFloat16 };
        options.Validate();
        var e = Assert.Throws<DiffusionException>((options with { Engine = "torch" }).Validate);
        Assert.Equal(ErrorKind.Configuration, e.Kind);
        Assert.Contains("activations in bfloat16 are for engine cpu; their counterpart on engine torch is bfloat16 arithmetic (bf16)", e.Message);
        (options with { Engine = "torch", Activations = ActivationPrecision.Float32, BFloat16 = true }).Validate();
    }

    [Theory]
    [InlineData(0L, null, "length 0")]
    [InlineData(null, 0.0, "duration 0")]
    public void A_length_must_be_positive(long? images, double? seconds, string message) =>
        Assert.Contains(message, Assert.Throws<DiffusionException>(new TrainingOptions { TotalImages = images, MaxSeconds = seconds }.Validate).Message);
}
