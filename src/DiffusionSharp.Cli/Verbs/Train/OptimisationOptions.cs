using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>The options of the loss, the optimizer, the averages, and what is saved when.</summary>
internal sealed class OptimisationOptions
{
    public Option<LossKind> Loss { get; } = Parse.Choice("--loss", ("l2", LossKind.L2), ("l1", LossKind.L1), ("huber", LossKind.Huber));

    public Option<LossReduction> Reduction { get; } = Parse.Choice("--reduction", ("mean", LossReduction.Mean), ("sum", LossReduction.Sum));

    public Option<TimestepSampling> TimestepSampling { get; } = Parse.Choice(
        "--timestep-sampling", ("uniform", Training.Options.TimestepSampling.Uniform), ("antithetic", Training.Options.TimestepSampling.Antithetic),
        ("loss-aware", Training.Options.TimestepSampling.LossAware));

    public Option<double?> MinSnr { get; } = Parse.Maybe<double>("--min-snr");

    public Option<double> Augment { get; } = Parse.Part("--augment");

    public Option<double> LearningRate { get; } = Parse.Number<double>("--lr");

    public Option<OptimizerKind> Optimizer { get; } = Parse.Choice(
        "--optimizer", ("adam", OptimizerKind.Adam), ("adamw", OptimizerKind.AdamW));

    public Option<double> WeightDecay { get; } = Parse.Number<double>("--weight-decay");

    public Option<double> ClipGradient { get; } = Parse.Number<double>("--clip-gradient");

    public Option<long> Warmup { get; } = Parse.Number<long>("--warmup");

    public Option<LearningRateDecay> Decay { get; } = Parse.Choice(
        "--decay", ("constant", LearningRateDecay.Constant), ("linear", LearningRateDecay.Linear), ("cosine", LearningRateDecay.Cosine),
        ("cosine_with_restarts", LearningRateDecay.CosineWithRestarts), ("polynomial", LearningRateDecay.Polynomial));

    public Option<int> DecayCycles { get; } = Parse.Number<int>("--decay-cycles");

    public Option<double> DecayPower { get; } = Parse.Number<double>("--decay-power");

    public Option<double> FinalLearningRate { get; } = Parse.Number<double>("--final-lr");

    public Option<int> Batch { get; } = Parse.Number<int>("--batch");

    public Option<int?> MicroBatch { get; } = Parse.Maybe<int>("--micro-batch");

    public Option<int> Accumulate { get; } = Parse.Number<int>("--accumulate");

    public Option<double[]> Ema { get; } = Parse.List<double>("--ema");

    public Option<bool> NoEmaWarmup { get; } = new("--no-ema-warmup");

    public Option<double[]> PosthocEma { get; } = Parse.List<double>("--posthoc-ema");

    public Option<long> SnapshotEvery { get; } = Parse.Number<long>("--snapshot-every");

    public Option<double?> Epochs { get; } = Parse.Maybe<double>("--epochs");

    public Option<long?> Steps { get; } = Parse.Maybe<long>("--steps");

    public Option<double?> Duration { get; } = Parse.Duration("--duration");

    public Option<long> SampleEvery { get; } = Parse.Number<long>("--sample-every");

    public Option<long> CheckpointEvery { get; } = Parse.Number<long>("--checkpoint-every");

    public Option<long> ValidateEvery { get; } = Parse.Number<long>("--validate-every");

    public Option<int> Keep { get; } = Parse.Number<int>("--keep");

    public Option<ulong> Seed { get; } = Parse.Number<ulong>("--seed");

    public Option<string> Engine { get; } = Parse.Choice(
        "--engine", (EngineNames.Managed, EngineNames.Managed), (EngineNames.Libtorch, EngineNames.Libtorch));

    public Option<string> Device { get; } = new("--device");

    public Option<ActivationPrecision> Activations { get; } = Parse.Choice(
        "--activations", ("float32", ActivationPrecision.Float32), ("bfloat16", ActivationPrecision.BFloat16));

    public Option<bool> BFloat16 { get; } = new("--bf16");

    public Option<int> Threads { get; } = Parse.Number<int>("--threads");

    private const string Processor = "cpu";

    public IEnumerable<Option> All =>
    [
        Loss, Reduction, TimestepSampling, MinSnr, Augment, LearningRate, Optimizer, WeightDecay, ClipGradient, Warmup, Decay, DecayCycles, DecayPower,
        FinalLearningRate, Batch, MicroBatch, Accumulate, Ema, NoEmaWarmup, PosthocEma, SnapshotEvery,
        Epochs, Steps, Duration, SampleEvery, CheckpointEvery, ValidateEvery, Keep, Seed, Engine, Device, Activations, BFloat16, Threads,
    ];

    /// <summary>The engine's name, and the device: a GPU is libtorch's.</summary>
    /// <exception cref="DiffusionException">They contradict each other (<see cref="ErrorKind.Usage"/>).</exception>
    public (string Engine, string Device) Machine(ParseResult r, TrainingOptions? saved)
    {
        var gpu = r.Has(Device) && r.GetValue(Device) != Processor;
        var engine = r.Or(Engine, gpu ? EngineNames.Libtorch : saved?.Engine ?? TrainingEngines.Default);
        return engine != EngineNames.Managed ? (engine, r.Or(Device, saved?.Device ?? Processor))
            : !gpu ? (engine, Processor)
            : throw new DiffusionException(
                ErrorKind.Usage,
                $"--engine {engine} and --device {r.GetValue(Device)} contradict each other: the managed engine runs on the processor only; leave one of them out");
    }

    /// <summary>The training options; what is not given comes from a saved run, or is DDPM's.</summary>
    public TrainingOptions Resolve(ParseResult r, long imagesPerEpoch, TrainingOptions? saved)
    {
        var basis = saved ?? new TrainingOptions();
        var accumulate = r.Or(Accumulate, 1);
        if (accumulate < 1 || (accumulate > 1 && r.Has(MicroBatch)))
        {
            throw new DiffusionException(ErrorKind.Usage, accumulate < 1
                ? $"--accumulate {accumulate} must be at least 1"
                : "--accumulate and --micro-batch both say how an update is split: give one (--accumulate K makes updates of batch × K images)");
        }

        var batch = r.Or(Batch, r.Has(Accumulate) ? basis.MicroBatch ?? basis.BatchSize : basis.BatchSize);
        var batchSize = (int)Math.Clamp((long)batch * accumulate, int.MinValue, int.MaxValue); // Validate names what is too large.
        var (engine, device) = Machine(r, saved);
        var resolved = basis with
        {
            Seed = r.Or(Seed, basis.Seed),
            BatchSize = batchSize,
            MicroBatch = accumulate > 1 ? batch : r.Or(MicroBatch, engine == basis.Engine ? basis.MicroBatch : null),
            LearningRate = r.Or(LearningRate, basis.LearningRate),
            Decay = r.Or(Decay, basis.Decay),
            DecayCycles = Of(DecayCycles, basis.DecayCycles, LearningRateDecay.CosineWithRestarts),
            DecayPower = Of(DecayPower, basis.DecayPower, LearningRateDecay.Polynomial),
            FinalLearningRate = Of(FinalLearningRate, basis.FinalLearningRate, LearningRateDecay.Polynomial),
            WarmupImages = r.Or(Warmup, basis.WarmupImages),
            Optimizer = r.Or(Optimizer, basis.Optimizer),
            WeightDecay = r.Or(WeightDecay, basis.WeightDecay),
            GradientClip = r.Or(ClipGradient, basis.GradientClip),
            Loss = r.Or(Loss, basis.Loss),
            Reduction = r.Or(Reduction, basis.Reduction),
            TimestepSampling = r.Or(TimestepSampling, basis.TimestepSampling),
            MinSnrGamma = r.Or(MinSnr, basis.MinSnrGamma),
            Augment = r.Or(Augment, basis.Augment),
            EmaDecays = r.Has(Ema) ? [.. r.GetValue(Ema)!] : basis.EmaDecays,
            EmaWarmup = r.Has(NoEmaWarmup) ? !r.GetValue(NoEmaWarmup) : basis.EmaWarmup,
            PosthocLengths = r.Has(PosthocEma) ? [.. r.GetValue(PosthocEma)!] : basis.PosthocLengths,
            SnapshotEvery = r.Has(SnapshotEvery) ? r.GetValue(SnapshotEvery) : basis.SnapshotEvery,
            CheckpointEvery = r.Or(CheckpointEvery, basis.CheckpointEvery),
            KeepCheckpoints = r.Or(Keep, basis.KeepCheckpoints),
            SampleEvery = r.Has(SampleEvery) ? r.GetValue(SampleEvery) : basis.SampleEvery,
            ValidateEvery = r.Has(ValidateEvery) ? r.GetValue(ValidateEvery) : basis.ValidateEvery,
            Engine = engine,
            Device = device,
            Activations = r.Or(Activations, engine == EngineNames.Managed ? basis.Activations : ActivationPrecision.Float32),
            BFloat16 = r.Or(BFloat16, engine != EngineNames.Managed && basis.BFloat16),
            Threads = r.Or(Threads, basis.Threads),
        };
        return WithLength(r, resolved, imagesPerEpoch, isNew: saved is null);

        T Of<T>(Option<T> option, T fallback, LearningRateDecay owner) => !r.Has(option) || r.Or(Decay, basis.Decay) == owner
            ? r.Or(option, fallback)
            : throw new DiffusionException(
                ErrorKind.Usage, $"{option.Name} belongs to --decay {(owner == LearningRateDecay.Polynomial ? "polynomial" : "cosine_with_restarts")}: give that too, or leave it out");
    }

    private TrainingOptions WithLength(ParseResult r, TrainingOptions options, long imagesPerEpoch, bool isNew)
    {
        if (r.Has(Epochs) && r.Has(Steps))
        {
            throw new DiffusionException(ErrorKind.Usage, "--epochs and --steps both name the length; give one");
        }

        const double most = 1e11;
        var length = r.GetValue(Epochs) is double epochs ? Math.Round(epochs * imagesPerEpoch) : (double?)r.GetValue(Steps) * options.BatchSize;
        if (length is not (null or (>= 1 and <= most)))
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                FormattableString.Invariant($"--epochs or --steps: that is {length:G3} images; a run has 1 to {most:G3}"));
        }

        var images = (long?)length;
        if (images is null && r.GetValue(Duration) is null)
        {
            return isNew ? options with { TotalImages = 300 * imagesPerEpoch } : options;
        }

        return options with { TotalImages = images, MaxSeconds = r.GetValue(Duration) };
    }
}
