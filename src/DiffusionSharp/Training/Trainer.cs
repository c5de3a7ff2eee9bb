using System.Diagnostics;
using DiffusionSharp.Data;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Training;

/// <summary>
/// Trains a noise-predicting network (DDPM, algorithm 1) in a run folder: begins a run or goes on with one, bit for
/// bit, and leaves it in a state from which it can go on.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly RunFolder run;
    private readonly RunLock runLock;
    private readonly RunConfig config;
    private readonly NetworkGraph graph;
    private readonly IBatchSource validationSource;
    private readonly RunObjective objective;
    private readonly BatchMaker batches;
    private readonly ITrainingNetwork network;
    private readonly TimeProvider clock;
    private readonly LossAwareTimesteps? timesteps;
    private TrainingState state;

    private Trainer(
        TrainingEngine engine, RunFolder run, RunLock runLock, RunConfig config, IBatchSource data, IBatchSource? validation,
        Func<ParameterSpec, HostTensor>? initialWeights, TimeProvider clock)
    {
        (this.run, this.runLock, this.config, this.clock) = (run, runLock, config, clock);
        (graph, Graph) = (RunSetup.Graph(config), config.Network.Build());
        validationSource = validation ?? data;
        objective = new RunObjective(config, graph);
        batches = objective.Batches(data, graph.NullClass);

        var checkpoint = run.Latest();
        timesteps = config.Training.TimestepSampling == TimestepSampling.LossAware ? RunSetup.ReadTimesteps(checkpoint, objective.T) : null;
        if (checkpoint is null)
        {
            state = new TrainingState();
            var drawn = initialWeights is null ? Initializer.Create(graph, config.Training.Seed) : null;
            network = engine.Create(graph, config.Training, p => drawn?[p.Name]
                ?? (p.Name == UNet.AugmentationWeight ? new HostTensor([.. p.Shape], new float[p.Elements]) : initialWeights!(p)));
        }
        else
        {
            state = Checkpoint.ReadState(checkpoint);
            var weights = RunSetup.ReadWeights(checkpoint, graph);
            network = engine.Create(graph, config.Training, p => weights[p.Name]);
            try
            {
                RunParts.Import(network, checkpoint, config.Training, weights, state.Step);
            }
            catch
            {
                network.Dispose();
                throw;
            }
        }
    }

    /// <summary>The configuration in force, with the micro-batch that was chosen.</summary>
    public RunConfig Config => config;

    /// <summary>Where the run stands.</summary>
    public TrainingState State => state;

    /// <summary>The network.</summary>
    public NetworkGraph Graph { get; }

    /// <summary>Begins a run in a folder, or goes on with the one that is there.</summary>
    /// <param name="engine">What computes, and what teaches; <see cref="TrainingOptions.Engine"/> and <see cref="RunConfig.TaughtBy"/> become its.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="config">The configuration; on resume it must agree with the saved one in all that was already computed.</param>
    /// <param name="data">The training images.</param>
    /// <param name="validation">Images for validation; null takes those of <paramref name="data"/>.</param>
    /// <param name="initialWeights">Weights to begin with; null draws them from the seed.</param>
    /// <param name="allowChanges">Whether a changed configuration is accepted on resume; the network may never change.</param>
    /// <param name="clock">Measures time.</param>
    /// <remarks>Changes that are accepted are noted in metrics.jsonl.</remarks>
    /// <exception cref="DiffusionException">The configuration is invalid or changed, another process trains here, or a checkpoint is damaged.</exception>
    public static Trainer Open(
        TrainingEngine engine, string folder, RunConfig config, IBatchSource data, IBatchSource? validation = null,
        Func<ParameterSpec, HostTensor>? initialWeights = null, bool allowChanges = false, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(data);
        config = config with { Training = config.Training with { Engine = engine.Name }, TaughtBy = engine.Teacher?.Config };
        config.Training.Validate();
        RunSetup.CheckFit(engine, config, data);
        var run = new RunFolder(folder);
        var runLock = RunLock.Acquire(run.Root);
        Trainer? trainer = null;
        try
        {
            var (resolved, changes) = RunSetup.Resolve(engine, run, config, allowChanges);
            trainer = new Trainer(engine, run, runLock, resolved, data, validation, initialWeights, clock ?? TimeProvider.System);

            // Last: a session that fails to begin leaves the folder as it was.
            RunSetup.Note(run, trainer.state, changes);
            resolved.Write(run.Config);
            return trainer;
        }
        catch
        {
            trainer?.network.Dispose();
            runLock.Dispose();
            throw;
        }
    }

    /// <summary>Trains until the run's end or until it is asked to stop; then saves.</summary>
    /// <param name="progress">Told after each update.</param>
    /// <param name="preview">Given samples now and then, and at the end; null draws none.</param>
    /// <param name="cancellationToken">Asks to finish the update at hand, save and return.</param>
    /// <exception cref="DiffusionException">The loss is not finite, or the storage refused; the last checkpoint is whole.</exception>
    public TrainingOutcome Run(IProgress<TrainingProgress>? progress = null, Action<Preview>? preview = null, CancellationToken cancellationToken = default) =>
        run.Guarded(() => RunSession(progress, preview, cancellationToken));

    private TrainingOutcome RunSession(IProgress<TrainingProgress>? progress, Action<Preview>? preview, CancellationToken cancellationToken)
    {
        var options = config.Training;
        using var activity = Telemetry.Activities.StartActivity(Telemetry.TrainActivity)?.SetTag("images.before", state.Images);
        using var log = new MetricsLog(run, state.MetricsLength, clock);
        var (validateEvery, sampleEvery) = (options.ValidateEvery ?? 0, options.SampleEvery ?? 0);
        var validation = validateEvery > 0 ? new Validation(validationSource, objective.Noising, config.Scheduler.PixelTransform, graph.NullClass) : null;
        if (run.Latest() is null)
        {
            Save(log);
        }

        // What is logged does not depend on when the run was stopped, so a validation that was cut short is made up for.
        if (state.ValidationDue && !Validate(validation, log, cancellationToken))
        {
            return TrainingOutcome.Interrupted;
        }

        run.DropSnapshots(state.Images);
        var start = state;
        var savedAt = state.Seconds;

        // Two that take turns: one is learned from while the other is made.
        TrainingBatch[] turns = [new(options.BatchSize, graph.InputShape), new(options.BatchSize, graph.InputShape)];
        timesteps?.Begin(start.Step);
        using var prefetcher = new Prefetcher<TrainingBatch>(start.Step, k =>
        {
            batches.Make(k, start.Images + ((k - start.Step) * options.BatchSize), turns[k % 2], timesteps?.For(k));
            return turns[k % 2];
        });
        var pace = new Pace(options, state);
        var began = clock.GetTimestamp();
        var previews = new Previews(preview, c => PreviewSampler.Draw(network.Averaged(0), graph, config.Scheduler, state.Images, c), Seconds, cancellationToken);
        while (!Finished())
        {
            var rate = LearningRateSchedule.At(options, state.Images + options.BatchSize);
            timesteps?.Prepare(state.Step + 1);
            var batch = prefetcher.Next();
            var (loss, norm) = UpdateOnce(batch, rate);
            timesteps?.Note(batch);
            state = state with
            {
                Step = state.Step + 1,
                Images = state.Images + options.BatchSize,
                Seconds = Seconds(),
                LossSum = state.LossSum + loss,
                LossCount = state.LossCount + 1,
            };
            var report = pace.After(state, loss, rate);
            if (state.Step % options.LogEvery == 0)
            {
                log.Write(
                    "train", state.Images, ("step", state.Step), ("loss", state.LossSum / state.LossCount), ("gradNorm", norm),
                    ("learningRate", rate), ("seconds", state.Seconds), ("imagesPerSecond", report.ImagesPerSecond));
                state = state with { LossSum = 0, LossCount = 0 };
            }

            Telemetry.UpdateCounter.Add(1);
            progress?.Report(report);

            if (validateEvery > 0 && Crossed(validateEvery))
            {
                Validate(validation, log, Finished() ? CancellationToken.None : cancellationToken);
            }

            if (sampleEvery > 0 && !Finished())
            {
                previews.AfterUpdate(Crossed(sampleEvery));
            }

            if (options.PosthocLengths.Count > 0 && (Crossed(options.SnapshotEvery!.Value) || Finished()))
            {
                run.SaveSnapshot(state.Images, folder => Checkpoint.Write(folder, state, RunParts.ExportSnapshot(network, options)));
            }

            var stop = cancellationToken.IsCancellationRequested;
            var old = options.CheckpointSeconds > 0 && state.Seconds - savedAt >= options.CheckpointSeconds;
            if (stop || old || Crossed(options.CheckpointEvery) || Finished())
            {
                Save(log);
                savedAt = state.Seconds;
            }

            // What is trained is safe before time is taken to show it.
            if (sampleEvery > 0 && Finished())
            {
                previews.Draw();
            }

            if (stop)
            {
                return Finished() ? TrainingOutcome.Finished : TrainingOutcome.Interrupted;
            }
        }

        return TrainingOutcome.Finished;

        double Seconds() => pace.SecondsBefore + clock.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Does two updates without saving anything and tells what the run will take.</summary>
    /// <returns>Seconds of the second update, and the process's resident memory after it.</returns>
    public (double SecondsPerUpdate, long MemoryBytes) DryRun()
    {
        var rate = LearningRateSchedule.At(config.Training, config.Training.BatchSize);
        UpdateOnce(batches.Make(0, 0), rate);
        var batch = batches.Make(1, config.Training.BatchSize);
        var began = clock.GetTimestamp();
        UpdateOnce(batch, rate);
        var seconds = clock.GetElapsedTime(began).TotalSeconds;
        using var process = Process.GetCurrentProcess();
        return (seconds, Math.Max(process.PeakWorkingSet64, process.WorkingSet64));
    }

    /// <summary>The averaged weights (first decay) by name.</summary>
    public IReadOnlyDictionary<string, HostTensor> AveragedWeights() => RunSetup.NetworkWeights(network.ExportAverage(0), Graph);

    /// <inheritdoc/>
    public void Dispose()
    {
        network.Dispose();
        runLock.Dispose();
    }

    private UpdateResult UpdateOnce(TrainingBatch batch, double rate)
    {
        try
        {
            return network.Update(batch, state.Step, rate);
        }
        catch (DiffusionException e) when (e.Kind == ErrorKind.NonFinite)
        {
            throw NonFinite.Explain(e, run.Latest(), network.Fault(), config.Training.BFloat16);
        }
    }

    private bool Finished() =>
        (config.Training.TotalImages is long total && state.Images >= total)
        || (config.Training.MaxSeconds is double seconds && state.Seconds >= seconds);

    private bool Crossed(long every) => state.Images / every != (state.Images - config.Training.BatchSize) / every;

    /// <summary>False when it was cut short; it is then still due.</summary>
    private bool Validate(Validation? validation, MetricsLog log, CancellationToken cancellationToken)
    {
        try
        {
            state = state with { ValidationDue = validation is not null };
            cancellationToken.ThrowIfCancellationRequested();
            if (validation is not null)
            {
                var bands = validation.Run(network.Averaged(0), cancellationToken);
                log.Write("validation", state.Images, [("loss", bands.Average()), .. bands.Select((b, i) => ($"band{i}", b))]);
            }

            state = state with { ValidationDue = false };
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Save(MetricsLog log)
    {
        state = state with { MetricsLength = log.Flush() };
        var parts = RunParts.ExportCheckpoint(network, config.Training);
        if (timesteps is not null)
        {
            parts[Checkpoint.Timesteps] = timesteps.Export();
        }

        run.Save(state.Images, config.Training.KeepCheckpoints, folder => Checkpoint.Write(folder, state, parts));
    }
}
