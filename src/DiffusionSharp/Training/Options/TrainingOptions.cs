using System.Text.Json.Serialization;

namespace DiffusionSharp.Training.Options;

/// <summary>Everything that decides what a training run computes, with DDPM's defaults. Saved in the run's config.json.</summary>
public sealed record TrainingOptions
{
    /// <summary>The seed of weights, order, flips, t and ε.</summary>
    public ulong Seed { get; init; }

    /// <summary>Images per update.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>
    /// Images sent through the network at once; null chooses what fits memory. On the managed engine it changes no bit, and what is neither the batch nor a
    /// power of two is rounded down to one; on libtorch the update is rounded otherwise.
    /// </summary>
    public int? MicroBatch { get; init; }

    /// <summary>Learning rate after warm-up.</summary>
    public double LearningRate { get; init; } = 2e-4;

    /// <summary>How the rate goes on after warm-up.</summary>
    public LearningRateDecay Decay { get; init; } = LearningRateDecay.Constant;

    /// <summary>How often the rate falls, with <see cref="LearningRateDecay.CosineWithRestarts"/>.</summary>
    public int DecayCycles { get; init; } = 1;

    /// <summary>The power of <see cref="LearningRateDecay.Polynomial"/>.</summary>
    public double DecayPower { get; init; } = 1;

    /// <summary>Where <see cref="LearningRateDecay.Polynomial"/> ends.</summary>
    public double FinalLearningRate { get; init; } = 1e-7;

    /// <summary>Images over which the rate rises from 0.</summary>
    public long WarmupImages { get; init; }

    /// <summary>The optimizer.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adam;

    /// <summary>Adam's β₁.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Adam's β₂.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Adam's ε.</summary>
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>Weight decay: L2 in Adam, decoupled in AdamW.</summary>
    public double WeightDecay { get; init; }

    /// <summary>The gradient's norm is scaled down to this; 0 leaves it.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>The loss.</summary>
    public LossKind Loss { get; init; } = LossKind.L2;

    /// <summary>How one image's errors become its loss.</summary>
    public LossReduction Reduction { get; init; } = LossReduction.Mean;

    /// <summary>How t is drawn.</summary>
    public TimestepSampling TimestepSampling { get; init; } = TimestepSampling.Uniform;

    /// <summary>The part of all labels that is replaced by the network's null class, 0…1, for classifier-free guidance; 0.1 is usual.</summary>
    public double LabelDrop { get; init; }

    /// <summary>γ of min-SNR weighting; null for the simple loss.</summary>
    public double? MinSnrGamma { get; init; }

    /// <summary>λ of L_simple + λ·L_vlb for a network that predicts its variance (Nichol and Dhariwal 2021, equation 16).</summary>
    public double VarianceWeight { get; init; } = 0.001;

    /// <summary>P_mean of ln σ, for EDM's objective.</summary>
    public double SigmaLogMean { get; init; } = -1.2;

    /// <summary>P_std of ln σ, for EDM's objective.</summary>
    public double SigmaLogDeviation { get; init; } = 1.2;

    /// <summary>
    /// Probability of each transformation of EDM's non-leaking augmentation (Karras et al. 2022, appendix F.2), 0…1; 0 for none, 0.12 is usual.
    /// </summary>
    public double Augment { get; init; }

    /// <summary>Decays of the exponential moving averages of the weights; the first one is sampled and exported.</summary>
    public ValueList<double> EmaDecays { get; init; } = [0.9999];

    /// <summary>Whether the decay rises as (1+n)/(10+n), so that early samples are not noise.</summary>
    public bool EmaWarmup { get; init; } = true;

    /// <summary>
    /// Lengths (σ_rel) of averages by a power function that are stored on the way, so that others can be made of them after training
    /// (<c>PosthocAverage</c>); none by default, 0.05 and 0.1 are usual.
    /// </summary>
    public ValueList<double> PosthocLengths { get; init; } = [];

    /// <summary>Images between stored averages; null as for <see cref="SampleEvery"/>.</summary>
    public long? SnapshotEvery { get; init; }

    /// <summary>Where the run ends, in images; null when only a duration ends it.</summary>
    public long? TotalImages { get; init; }

    /// <summary>Where the run ends, in seconds of training; null when only a count ends it.</summary>
    public double? MaxSeconds { get; init; }

    /// <summary>Images between checkpoints.</summary>
    public long CheckpointEvery { get; init; } = 500_000;

    /// <summary>Seconds of training after which a checkpoint is due as well, for machines that are slow; 0 for none.</summary>
    public double CheckpointSeconds { get; init; } = 900;

    /// <summary>Checkpoints kept, the newest ones.</summary>
    public int KeepCheckpoints { get; init; } = 3;

    /// <summary>Images between sample grids; 0 for none, null for a twentieth of the run, but 5,000 at least and 200,000 at most.</summary>
    public long? SampleEvery { get; init; }

    /// <summary>Images between validations; 0 for none, null as for <see cref="SampleEvery"/>.</summary>
    public long? ValidateEvery { get; init; }

    /// <summary>Updates between lines of metrics.jsonl.</summary>
    public int LogEvery { get; init; } = 10;

    /// <summary>What trains, one of <see cref="EngineNames"/>.</summary>
    public string Engine { get; init; } = EngineNames.Managed;

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>How values are kept for the backward pass; on the managed engine only. On libtorch the option with 16 bits is <see cref="BFloat16"/>.</summary>
    public ActivationPrecision Activations { get; init; } = ActivationPrecision.Float32;

    /// <summary>
    /// Whether convolutions and matrices are computed in bfloat16, and so kept; on libtorch only. On the managed engine the option with 16 bits is
    /// <see cref="Activations"/>.
    /// </summary>
    public bool BFloat16 { get; init; }

    /// <summary>The most threads an engine is given.</summary>
    public const int MostThreads = 1024;

    /// <summary>Threads of the engine; 0 takes all cores. On the managed engine any number gives the same bits, on libtorch a fixed one does.</summary>
    public int Threads { get; init; }

    /// <summary>All averages that are kept: those of <see cref="EmaDecays"/>, then those of <see cref="PosthocLengths"/>.</summary>
    [JsonIgnore]
    public int AverageCount => EmaDecays.Count + PosthocLengths.Count;

    /// <summary>Checks every option.</summary>
    /// <exception cref="DiffusionException">Lists every problem, the value found and what is allowed.</exception>
    public void Validate()
    {
        var problems = Problems().ToList();
        if (problems.Count > 0)
        {
            throw new DiffusionException(ErrorKind.Configuration, "the training options are invalid: " + string.Join("; ", problems));
        }
    }

    private IEnumerable<string> Problems()
    {
        (bool Valid, string Problem)[] checks =
        [
            (BatchSize is >= 1 and <= 1 << 20, $"batch size {BatchSize} is outside 1…1048576"),
            (MicroBatch is null or >= 1, $"micro-batch {MicroBatch} must be at least 1"),
            (LearningRate > 0 && double.IsFinite(LearningRate), $"learning rate {LearningRate} must be positive"),
            (WarmupImages >= 0, $"warm-up {WarmupImages} must not be negative"),
            (Beta1 is >= 0 and < 1 && Beta2 is >= 0 and < 1, $"betas {Beta1}, {Beta2} must be in [0, 1)"),
            (AdamEpsilon > 0 && double.IsFinite(AdamEpsilon), $"Adam's epsilon {AdamEpsilon} must be positive"),
            (WeightDecay >= 0 && double.IsFinite(WeightDecay), $"weight decay {WeightDecay} must not be negative"),
            (GradientClip >= 0 && double.IsFinite(GradientClip), $"gradient clip {GradientClip} must not be negative; 0 turns it off"),
            (LabelDrop is >= 0 and <= 1, $"label drop {LabelDrop} is outside 0…1"),
            (VarianceWeight > 0 && double.IsFinite(VarianceWeight), $"the variance's weight {VarianceWeight} must be positive (0.001 is usual)"),
            (
                Math.Abs(SigmaLogMean) <= 20 && SigmaLogDeviation is > 0 and <= 20,
                $"ln sigma ~ N({SigmaLogMean}, {SigmaLogDeviation}²): the mean must be within ±20, the deviation above 0 and up to 20 (-1.2 and 1.2 are usual)"),
            (Augment is >= 0 and <= 1, $"augmentation {Augment} is outside 0…1"),
            (EmaDecays.Count > 0 && EmaDecays.All(d => d is >= 0 and < 1), $"EMA decays {EmaDecays} must be one or more numbers in [0, 1)"),
            (EmaDecays.Distinct().Count() == EmaDecays.Count, $"EMA decays {EmaDecays} repeat"),
            (
                PosthocLengths.All(PowerAverage.IsLength) && PosthocLengths.Distinct().Count() == PosthocLengths.Count,
                $"post-hoc averages {PosthocLengths} must be different numbers in {PowerAverage.LeastLength}…{PowerAverage.MostLength}"),
            (SnapshotEvery is null or >= 1, $"stored averages every {SnapshotEvery} images: it must be at least 1"),
            (TotalImages is not null || MaxSeconds is not null, "nothing ends the run: give epochs, steps or a duration"),
            (TotalImages is null or >= 1, $"the length {TotalImages} images must be at least 1"),
            (MaxSeconds is null or > 0, $"the duration {MaxSeconds} s must be positive"),
            (Decay == LearningRateDecay.Constant || TotalImages is not null, $"a learning rate that falls ({Decay}) needs a length in epochs or steps, not only a duration"),
            (DecayCycles >= 1, $"the learning rate falls {DecayCycles} times; it must be at least 1"),
            (DecayPower > 0 && double.IsFinite(DecayPower), $"the decay's power {DecayPower} must be positive"),
            (
                Decay != LearningRateDecay.Polynomial || (FinalLearningRate >= 0 && FinalLearningRate < LearningRate),
                $"the final learning rate {FinalLearningRate} must be at least 0 and below the learning rate {LearningRate}"),
            (CheckpointEvery >= 1 && KeepCheckpoints >= 1, $"checkpoints every {CheckpointEvery} images, {KeepCheckpoints} kept: both must be at least 1"),
            (CheckpointSeconds >= 0, $"checkpoints every {CheckpointSeconds} s: it must not be negative; 0 turns it off"),
            (SampleEvery is null or >= 0 && ValidateEvery is null or >= 0 && LogEvery >= 1, "sample and validation intervals must not be negative, the log interval at least 1"),
            (Engine != EngineNames.Managed || Device == "cpu", $"the managed engine trains on the processor; device {Device} is for engine {EngineNames.Libtorch}"),
            (Engine != EngineNames.Managed || !BFloat16,
                $"bfloat16 arithmetic (bf16) is for engine {EngineNames.Libtorch}; engine {EngineNames.Managed} computes in float32, and its counterpart "
                + "is activations in bfloat16: what is kept for the backward pass, in half the memory"),
            (Engine == EngineNames.Managed || Activations == ActivationPrecision.Float32,
                $"activations in bfloat16 are for engine {EngineNames.Managed}; their counterpart on engine {EngineNames.Libtorch} is bfloat16 arithmetic (bf16)"),
            (Threads is >= 0 and <= MostThreads, $"threads {Threads} is outside 0…{MostThreads}; 0 takes all cores"),
        ];
        return checks.Where(c => !c.Valid).Select(c => c.Problem);
    }
}
