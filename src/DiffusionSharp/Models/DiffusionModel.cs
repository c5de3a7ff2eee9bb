using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models;

/// <summary>A trained model: network, schedule and engine together. <c>DiffusionModel.Load(path, engine).Sample(…)</c></summary>
/// <remarks>
/// Its methods may be called from several threads at once. Asynchronous calls take turns, batch by batch, in the order in which they came, and who waits
/// holds no thread; a call that is not asynchronous holds its caller's thread, and shares the network with the others call by call, as far as the engine
/// lets one run at a time. No picture depends on what else is drawn.
/// </remarks>
public sealed partial class DiffusionModel : IDisposable
{
    private readonly Engine? engine;
    private readonly Turns turns;
    private readonly Dictionary<(int Height, int Width), DiffusionModel> sized = [];

    private DiffusionModel(IDenoiser network, ImageShape shape, SchedulerConfig scheduler, Engine? engine, Turns turns)
    {
        (Network, Shape, TrainedShape, Scheduler, this.engine, this.turns) = (network, shape, shape, scheduler, engine, turns);
        Schedule = scheduler.ToSchedule();
        Denoiser = scheduler.Planned(network);
    }

    /// <summary>What messages call it: where it came from, or the type of the network it was made from.</summary>
    public string Name { get; private init; } = string.Empty;

    /// <summary>Where it came from, and its options; null for a model <see cref="From(IDenoiser, ImageShape, SchedulerConfig, int?, int?)">made from a network</see>.</summary>
    public ModelSource? Source { get; private init; }

    /// <summary>The network's graph; null for a model made from a network of one's own.</summary>
    public NetworkGraph? Graph { get; private init; }

    /// <summary>Shape of the images it draws.</summary>
    public ImageShape Shape { get; }

    /// <summary>Shape of the images it was trained on, as far as it says.</summary>
    public ImageShape TrainedShape { get; private init; }

    /// <summary>Schedule and prediction type, and how it is sampled where nobody says.</summary>
    public SchedulerConfig Scheduler { get; }

    /// <summary>Number of classes it knows, the null class not counted; null when it has no table of them.</summary>
    public int? ClassCount { get; private init; }

    /// <summary>The label that stands for no class, which guidance needs; null when there is no such label.</summary>
    public int? NullClass { get; private init; }

    /// <summary>Names of the classes; empty when they are not known.</summary>
    public ValueList<string> ClassNames { get; private init; } = [];

    /// <summary>Whether each image needs a class label.</summary>
    public bool TakesLabels => Graph?.TakesLabels ?? ClassCount is not null;

    /// <summary>The network on its engine, as plans call it: given x and timesteps of <see cref="Schedule"/>, it returns what the scheduler says it predicts.</summary>
    public IDenoiser Denoiser { get; }

    /// <summary>The network on its engine as it was trained, which differs from <see cref="Denoiser"/> under EDM's preconditioning only.</summary>
    public IDenoiser Network { get; }

    /// <summary>The noise schedule it was trained with.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>Loads a model folder (Hugging Face diffusers layout), a checkpoint file or a training run's newest checkpoint.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="engine">Runs the network, such as <c>CpuEngine.Default</c>.</param>
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
        return Load(source, engine, new Turns());
    }

    /// <summary>A model of a network of one's own: anything that predicts the noise (or x0, or v) of a noisy image.</summary>
    /// <param name="network">The network, which is disposed of with the model.</param>
    /// <param name="shape">Shape of its images.</param>
    /// <param name="schedule">The noise schedule it was trained with.</param>
    /// <param name="predictionType">What it predicts.</param>
    /// <param name="classCount">Number of classes, the null class not counted; null for a network that takes no labels.</param>
    /// <param name="nullClass">The label that stands for no class; null without one.</param>
    public static DiffusionModel From(
        IDenoiser network, ImageShape shape, NoiseSchedule schedule, PredictionType predictionType = PredictionType.Epsilon, int? classCount = null, int? nullClass = null) =>
        From(network, shape, SchedulerConfig.FromSchedule(schedule, predictionType), classCount, nullClass);

    /// <summary>A model of a network of one's own, whose scheduler says more than its schedule: clipping, spacing, EDM's preconditioning.</summary>
    /// <param name="network">The network, which is disposed of with the model.</param>
    /// <param name="shape">Shape of its images.</param>
    /// <param name="scheduler">Schedule, prediction type, and how it is sampled where nobody says.</param>
    /// <param name="classCount">Number of classes, the null class not counted; null for a network that takes no labels.</param>
    /// <param name="nullClass">The label that stands for no class; null without one.</param>
    /// <exception cref="DiffusionException">The scheduler's options contradict each other.</exception>
    public static DiffusionModel From(IDenoiser network, ImageShape shape, SchedulerConfig scheduler, int? classCount = null, int? nullClass = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(scheduler);
        return new DiffusionModel(network, shape, scheduler, engine: null, new Turns()) { Name = network.GetType().Name, ClassCount = classCount, NullClass = nullClass };
    }

    /// <summary>A model of a graph of one's own (<see cref="GraphBuilder"/>), run by an engine.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="weights">Its weights; see <see cref="Networks.Engine"/>.</param>
    /// <param name="engine">Runs the network.</param>
    /// <param name="scheduler">Schedule, prediction type, and how it is sampled where nobody says.</param>
    /// <exception cref="DiffusionException">The engine cannot be used, or the scheduler's options contradict each other.</exception>
    public static DiffusionModel From(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights, Engine engine, SchedulerConfig scheduler)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(scheduler);
        return new DiffusionModel(engine(graph, weights), graph.InputShape, scheduler, engine: null, new Turns())
        {
            Name = nameof(NetworkGraph),
            Graph = graph,
            ClassCount = graph.ClassCount,
            NullClass = graph.NullClass,
        };
    }

    /// <summary>
    /// This model for images of another size: <see cref="SampleOptions.Size"/> takes it. It is made once, has weights of its own in memory, and is
    /// disposed with this one.
    /// </summary>
    /// <param name="height">Rows of the images.</param>
    /// <param name="width">Columns of the images.</param>
    /// <exception cref="DiffusionException">
    /// The network's levels do not divide the size (the message has the nearest), or its weights cannot be read any more, or it was not loaded, but made from a network.
    /// </exception>
    public DiffusionModel At(int height, int width)
    {
        if ((Shape.Height, Shape.Width) == (height, width))
        {
            return this;
        }

        if (Source is null)
        {
            throw new DiffusionException(
                ErrorKind.Usage, $"size {height}×{width}: the model was made from a network of images of {Shape}, and draws no others; make another model for them");
        }

        lock (sized)
        {
            return sized.TryGetValue((height, width), out var there) ? there : sized[(height, width)] = Load(Source.At(height, width), engine!, turns);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var other in sized.Values)
        {
            other.Dispose();
        }

        Network.Dispose();
    }

    private static DiffusionModel Load(ModelSource source, Engine engine, Turns turns)
    {
        var graph = source.Network.Build();
        using var weights = source.OpenWeights(graph);
        return new DiffusionModel(engine(graph, weights.Read), graph.InputShape, source.Scheduler, engine, turns)
        {
            Name = source.Path,
            Source = source,
            Graph = graph,
            TrainedShape = source.TrainedShape,
            ClassCount = graph.ClassCount,
            NullClass = graph.NullClass,
            ClassNames = source.Network.ClassNames,
        };
    }
}
