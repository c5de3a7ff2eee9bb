using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models;

/// <summary>A trained model: network, schedule and engine together. <c>DiffusionModel.Load(path, engine).Sample(…)</c></summary>
public sealed class DiffusionModel : IDisposable
{
    private readonly Engine engine;
    private readonly Dictionary<(int Height, int Width), DiffusionModel> sized = [];

    private DiffusionModel(ModelSource source, NetworkGraph graph, Engine engine, IDenoiser denoiser)
    {
        (Source, Graph, this.engine, Network) = (source, graph, engine, denoiser);
        Schedule = source.Scheduler.ToSchedule();
        Denoiser = source.Scheduler.Planned(denoiser);
    }

    /// <summary>Where it came from, and its options.</summary>
    public ModelSource Source { get; }

    /// <summary>The network.</summary>
    public NetworkGraph Graph { get; }

    /// <summary>The network on its engine, as plans call it: given x and timesteps of <see cref="Schedule"/>, it returns what the scheduler says it predicts.</summary>
    public IDenoiser Denoiser { get; }

    /// <summary>The network on its engine as it was trained, which differs from <see cref="Denoiser"/> under EDM's preconditioning only.</summary>
    public IDenoiser Network { get; }

    /// <summary>The noise schedule it was trained with.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>Loads a model folder (Hugging Face diffusers layout), a checkpoint file or a training run's newest checkpoint.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="engine">Runs the network, such as <c>TorchEngine.Cpu</c>.</param>
    /// <param name="raw">For a run or a checkpoint with both: the weights themselves instead of their moving average.</param>
    /// <param name="facts">For a checkpoint file: what it does not say of itself, such as the size of its images.</param>
    /// <param name="average">The moving average, and nothing else: a model without one is an error.</param>
    /// <exception cref="DiffusionException">The model cannot be read, or the engine cannot be used.</exception>
    public static DiffusionModel Load(string path, Engine engine, bool raw = false, CheckpointFacts? facts = null, bool average = false)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return Load(ModelSource.Open(path, raw, facts, average), engine);
    }

    /// <summary>Loads a model that was opened.</summary>
    /// <param name="source">The model.</param>
    /// <param name="engine">Runs the network.</param>
    /// <exception cref="DiffusionException">The weights cannot be read, or the engine cannot be used.</exception>
    public static DiffusionModel Load(ModelSource source, Engine engine)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(engine);
        var graph = source.Network.Build();
        using var weights = source.OpenWeights(graph);
        return new DiffusionModel(source, graph, engine, engine(graph, weights.Read));
    }

    /// <summary>
    /// This model for images of another size: <see cref="SampleOptions.Size"/> takes it. It is made once, has weights of its own in memory, and is
    /// disposed with this one.
    /// </summary>
    /// <param name="height">Rows of the images.</param>
    /// <param name="width">Columns of the images.</param>
    /// <exception cref="DiffusionException">The network's levels do not divide the size (the message has the nearest), or its weights cannot be read any more.</exception>
    public DiffusionModel At(int height, int width)
    {
        if ((Graph.InputShape.Height, Graph.InputShape.Width) == (height, width))
        {
            return this;
        }

        lock (sized)
        {
            return sized.TryGetValue((height, width), out var there) ? there : sized[(height, width)] = Load(Source.At(height, width), engine);
        }
    }

    /// <summary>The plan that <see cref="Sample"/> carries out.</summary>
    /// <param name="options">Steps, η, spacing and clipping.</param>
    public SamplingPlan Plan(SampleOptions options) => Plan(Source, options);

    /// <summary>The plan of a model on disk, without loading its network.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">Steps, η, spacing and clipping.</param>
    public static SamplingPlan Plan(ModelSource source, SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Eta.IsLearned)
        {
            var graph = source.Network.Build();
            SamplerCheck.RequireVariance(graph.OutputShape.Channels, graph.InputShape.Channels);
        }

        return Plan(source.Scheduler, WithTuned(source, options));
    }

    /// <summary>The plan of a scheduler, without loading a network.</summary>
    /// <param name="scheduler">Schedule and prediction type.</param>
    /// <param name="options">Steps, η, spacing and clipping.</param>
    public static SamplingPlan Plan(SchedulerConfig scheduler, SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentNullException.ThrowIfNull(options);
        return SchedulerPlan.Create(scheduler, options);
    }

    /// <summary>The plan that <see cref="Invert"/> carries out.</summary>
    /// <param name="options">Steps and spacing, those of the plan that will decode.</param>
    /// <param name="level">At which end of a step the network is called.</param>
    public SamplingPlan InversionPlan(SampleOptions options, InversionLevel level = InversionLevel.Target)
    {
        ArgumentNullException.ThrowIfNull(options);
        var scheduler = Source.Scheduler;
        return Sampling.Inversion.InversionPlan.Create(SchedulerPlan.Levels(scheduler, WithTuned(Source, options)), new InversionOptions
        {
            Level = level,
            PredictionType = scheduler.PredictionType,
        });
    }

    /// <summary>
    /// Encodes images as x_T, without clipping (Song et al. 2021, section 5.4). <see cref="Sample"/> with the same τ, η = 0, no
    /// treatment of x0 and the result as <see cref="SampleOptions.InitialX"/> decodes them.
    /// </summary>
    /// <param name="images">[N, C, H, W], -1…1, or as <see cref="Data.PixelTransform.FromPictures"/> of the scheduler's transform has them.</param>
    /// <param name="options">Steps, spacing, labels, batch size and progress; null takes the defaults. Seeds and η play no part.</param>
    /// <param name="level">At which end of a step the network is called.</param>
    /// <returns>x_T, [N, C, H, W].</returns>
    /// <exception cref="DiffusionException">An option does not fit the model, or the network returned numbers that are not finite.</exception>
    public SampledImages Invert(double[] images, SampleOptions? options = null, InversionLevel level = InversionLevel.Target)
    {
        ArgumentNullException.ThrowIfNull(images);
        options ??= new SampleOptions();
        if (Sized(options) is var other && other != this)
        {
            return other.Invert(images, options, level);
        }

        var count = images.Length / Graph.InputShape.Elements;
        return Run(InversionPlan(options, level), options with { InitialX = images, Edit = null, Seeds = new ulong[count], Noise = null, Only = null });
    }

    /// <summary>Samples images.</summary>
    /// <param name="options">What and how; null takes the defaults: one image, 50 steps, η = 0, seed 0.</param>
    /// <returns>The images, about [-1, 1].</returns>
    /// <exception cref="DiffusionException">An option does not fit the model, or the network returned numbers that are not finite.</exception>
    public SampledImages Sample(SampleOptions? options = null)
    {
        options ??= new SampleOptions();
        return Sized(options).Run(Plan(options), options);
    }

    /// <summary>Samples images, holding no more than one batch of them: as many as are wanted.</summary>
    /// <param name="options">What and how.</param>
    /// <param name="plan">The <see cref="Plan(SampleOptions)"/> of these options, where it was made already.</param>
    /// <returns>Batch after batch of at most <see cref="SampleOptions.BatchSize"/> images, each drawn when it is asked for; the arrays are the caller's.</returns>
    /// <exception cref="DiffusionException">An option does not fit the model, or, while it is enumerated, the network returned numbers that are not finite.</exception>
    public IEnumerable<SampledImages> Stream(SampleOptions options, SamplingPlan? plan = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        plan ??= Plan(options);
        var transform = Source.Scheduler.PixelTransform;
        var model = Sized(options);
        return Sampler.Stream(model.Guided(options), plan, model.Request(plan, options)).Select(batch => batch with { Transform = transform });
    }

    /// <summary>Samples images as <see cref="Stream"/> does, each batch on a thread of the pool.</summary>
    /// <inheritdoc cref="Stream"/>
    /// <param name="options">What and how.</param>
    /// <param name="plan">The <see cref="Plan(SampleOptions)"/> of these options, where it was made already.</param>
    /// <param name="cancellationToken">Stops sampling, as the options' own token does.</param>
    public IAsyncEnumerable<SampledImages> StreamAsync(SampleOptions options, SamplingPlan? plan = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        plan ??= Plan(options);
        var transform = Source.Scheduler.PixelTransform;
        var model = Sized(options);
        return Sampler.StreamAsync(model.Guided(options), plan, model.Request(plan, options), cancellationToken).Select(batch => batch with { Transform = transform });
    }

    /// <summary>
    /// Encodes images as x_T and decodes them with the same τ, η = 0 and no treatment of x0, and says how much was lost: the DDIM paper's
    /// table 2 at one S.
    /// </summary>
    /// <param name="images">[N, C, H, W], -1…1, or as <see cref="Data.PixelTransform.FromPictures"/> of the scheduler's transform has them.</param>
    /// <param name="options">
    /// Steps, spacing, labels, guidance, batch size and progress (of both ways); null takes the defaults. Solver, η, clipping, seeds, noise,
    /// edits and which images are drawn play no part.
    /// </param>
    /// <param name="level">At which end of an encoding step the network is called.</param>
    /// <exception cref="DiffusionException">An option does not fit the model, or the network returned numbers that are not finite.</exception>
    public Reconstruction Reconstruct(double[] images, SampleOptions? options = null, InversionLevel level = InversionLevel.Target)
    {
        ArgumentNullException.ThrowIfNull(images);
        options ??= new SampleOptions();
        return Reconstruction.Compute(Sized(options), images, options, level);
    }

    /// <summary>The network under classifier-free guidance.</summary>
    /// <param name="guidance">W; 1 gives <see cref="Denoiser"/> itself.</param>
    /// <exception cref="DiffusionException">The model has no null class, or W is not finite (<see cref="ErrorKind.Usage"/>).</exception>
    public IDenoiser Guided(double guidance) => Guided(new SampleOptions { Guidance = guidance });

    /// <summary>The network with the guidance that options ask for.</summary>
    /// <param name="options">W, its interval and the weaker model; the rest plays no part. W = 1 gives <see cref="Denoiser"/> itself.</param>
    /// <exception cref="DiffusionException">
    /// The model has no null class and no weaker one was given, or that one does not fit, or W is not finite, or no level lies in the interval (<see cref="ErrorKind.Usage"/>).
    /// </exception>
    public IDenoiser Guided(SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var w = options.Guidance;
        var interval = IntervalOf(options);
        return w == 1 ? Denoiser
            : !double.IsFinite(w) ? throw new DiffusionException(ErrorKind.Usage, FormattableString.Invariant($"guidance {w} must be a finite number"))
            : options.GuideWith is { } weak ? new GuidedDenoiser(Denoiser, Fitting(weak), w) { Interval = interval }
            : Graph.NullClass is int none ? new GuidedDenoiser(Denoiser, w, none) { Interval = interval }
            : throw new DiffusionException(
                ErrorKind.Usage,
                FormattableString.Invariant($"guidance {w} needs a model that was trained with dropped labels, and {Source.Path} has no null class: ")
                + "leave guidance at 1, or train one (ddim train takes folders as classes), or lead it away from a weaker model (GuideWith)");
    }

    /// <summary>The levels of this model that options guide; null for all.</summary>
    /// <param name="options">The interval in σ.</param>
    /// <exception cref="DiffusionException">No level lies in it (<see cref="ErrorKind.Usage"/>).</exception>
    public GuidanceInterval? IntervalOf(SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.GuidanceInterval is var (low, high) ? GuidanceInterval.FromSigmas(Schedule, low, high) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var other in sized.Values)
        {
            other.Dispose();
        }

        (Network as IDisposable)?.Dispose();
    }

    private DiffusionModel Sized(SampleOptions options) => options.Size is var (height, width) ? At(height, width) : this;

    private SampledImages Run(SamplingPlan plan, SampleOptions options) =>
        Sampler.Run(Guided(options), plan, Request(plan, options)) with { Transform = Source.Scheduler.PixelTransform };

    private SamplerRequest Request(SamplingPlan plan, SampleOptions options)
    {
        var seeds = options.Seeds ?? [.. Enumerable.Range(0, options.Count).Select(i => options.Seed + (ulong)i)];
        var request = new SamplerRequest
        {
            Shape = Graph.InputShape,
            Count = seeds.Count,
            Only = options.Only,
            Noise = options.Noise ?? NoiseSource.FromSeeds(seeds),
            InitialX = options.InitialX,
            Labels = options.Labels,
            Condition = plan.IsGuided ? options.Classifier!.Gradient(options.ClassifierScale) : null,
            BatchSize = options.BatchSize,
            Progress = options.Progress,
            CancellationToken = options.CancellationToken,
        };
        return options.Edit?.Apply(request, plan) ?? request;
    }

    private IDenoiser Fitting(DiffusionModel weak)
    {
        var what = weak.Source.TrainedShape != Source.TrainedShape ? $"its images are {weak.Source.TrainedShape}, this model's {Source.TrainedShape}"
            : weak.Source.Scheduler.PredictionType != Source.Scheduler.PredictionType ? $"it predicts {weak.Source.Scheduler.PredictionType}, this model {Source.Scheduler.PredictionType}"
            : !weak.Schedule.Equals(Schedule) ? $"its noise schedule is another ({weak.Schedule}; this model's: {Schedule})"
            : weak.Graph.TakesLabels && (!Graph.TakesLabels || weak.Graph.ClassCount != Graph.ClassCount)
                ? $"it knows {weak.Graph.ClassCount} classes, this model {(Graph.TakesLabels ? $"{Graph.ClassCount}" : "none")}"
            : weak.Source.Scheduler.PixelTransform != Source.Scheduler.PixelTransform ? "it was trained on pixels in another transform"
            : null;
        return what is null ? weak.At(Graph.InputShape.Height, Graph.InputShape.Width).Denoiser : throw new DiffusionException(
            ErrorKind.Usage, $"{weak.Source.Path} cannot guide {Source.Path}: {what}; take a weaker model of the same kind, such as an earlier checkpoint or another average");
    }

    private static SampleOptions WithTuned(ModelSource source, SampleOptions options) => options is { Spacing: TimestepSpacing.Tuned, Timesteps: null }
        ? options with { Timesteps = source.TunedTimesteps(options.Steps) }
        : options;
}
