using DiffusionSharp.Models;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tuning;

/// <summary>
/// Finds the timesteps τ with which a model's deterministic DDIM run of S steps ends nearest to its long run. The long run of a few
/// latents is followed once; the error of every step between any two of its levels follows from it. Errors are weighted by how much
/// they grow on the way to the end, which is measured too, and dynamic programming finds the τ with the least sum of squares, for any
/// S. The idea of searching τ by dynamic programming is Watson et al.'s (2021); local errors on reference trajectories as its cost
/// are those of Chen et al. (2024, "On the Trajectory Regularity of ODE-based Diffusion Sampling").
/// </summary>
public sealed class TimestepTuner
{
    /// <summary>Steps of the long run unless asked otherwise.</summary>
    public const int DefaultReferenceSteps = 250;

    private const int Probes = 9;
    private const int ProbeSteps = 25;

    private readonly DiffusionModel model;
    private readonly SampleOptions options;
    private readonly int tuning;
    private readonly SampledImages ends;
    private readonly double[] start;
    private readonly double[,] step;

    private TimestepTuner(
        DiffusionModel model, SampleOptions options, int tuning, Timesteps reference, SampledImages ends, double[] start, double[,] step)
    {
        (this.model, this.options, this.tuning, Reference, this.ends) = (model, options, tuning, reference, ends);
        (this.start, this.step) = (start, step);
    }

    /// <summary>The timesteps of the long run, among which τ is chosen.</summary>
    public Timesteps Reference { get; }

    /// <summary>How often <see cref="Measure"/> calls the network, batches counted one by one.</summary>
    /// <param name="T">Number of noise levels.</param>
    /// <param name="count">Latents in all.</param>
    /// <param name="tuning">Latents that τ is tuned on.</param>
    /// <param name="batchSize">Images in one call.</param>
    /// <param name="referenceSteps">Steps of the long run.</param>
    public static int NetworkCalls(int T, int count, int tuning, int batchSize, int referenceSteps = DefaultReferenceSteps)
    {
        var n = Math.Min(referenceSteps, T);
        return (Sampler.Batches(count, batchSize) * n) + (Sampler.Batches(2 * tuning, batchSize) * ProbesOf(n).Sum(p => (n - p.At + Stride(n) - 1) / Stride(n)));
    }

    /// <summary>Measures what is needed to find τ for any S. It keeps the trajectories of one batch: levels · batch · C·H·W · 8 bytes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Seeds (needed), labels, guidance, treatment of x0, batch size. Steps, spacing, η, solver and the like play no part.</param>
    /// <param name="tuning">The first so many latents serve to find τ; the others to measure errors, see <see cref="MeasuredError"/>.</param>
    /// <param name="referenceSteps">Steps of the long run; T where that is less.</param>
    /// <param name="progress">Told after each network call, of the long run and of the shorter ones that follow.</param>
    /// <param name="cancellationToken">Stops before the next network call, or inside it where the engine can.</param>
    /// <exception cref="ArgumentException">No seeds, or fewer than 1 or all of them for the tuning.</exception>
    /// <exception cref="DiffusionException">The network returned numbers that are not finite.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static TimestepTuner Measure(
        DiffusionModel model, SampleOptions options, int tuning, int referenceSteps = DefaultReferenceSteps,
        IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(referenceSteps, 1);
        if (options.Seeds is not { } seeds || tuning < 1 || tuning >= seeds.Count)
        {
            throw new ArgumentException($"{options.Seeds?.Count ?? 0} seeds, {tuning} of them for the tuning: at least 1 is needed, and 1 more to check", nameof(options));
        }

        var n = Math.Min(referenceSteps, model.Schedule.T);
        var reference = Timesteps.Uniform(model.Schedule.T, n);
        options = options with { Eta = 0, Solver = Solver.Ddim, Only = null, Noise = null, InitialX = null, Edit = null };
        var elements = model.Shape.Elements;
        MemoryNeed.Require(
            sizeof(double) * (n + 1.0) * (n + 1 + ((double)Math.Min(tuning, options.BatchSize) * elements)),
            $"the states of a reference of {n} steps",
            "choose fewer steps for it, or a smaller batch");
        var probes = ProbesOf(n);
        var longRun = options.WithTimesteps(reference);
        var trajectories = new ReferenceTrajectories(model.Plan(longRun), NoiseSource.FromSeeds(seeds), tuning, elements, probes);
        var ends = model.Sample(longRun with { Watch = trajectories.Add }, progress, cancellationToken);

        var factors = probes.Select((probe, i) => ErrorGrowth.Factor(
            trajectories.Probed(i),
            model.Sample(
                options.WithSeeds(new ulong[2 * tuning]).WithTimesteps([.. reference.Skip(probe.At).Where((_, k) => k % Stride(n) == 0)]) with
                {
                    Labels = options.Labels is { } labels ? [.. labels.Take(tuning), .. labels.Take(tuning)] : null,
                    InitialX = trajectories.Probed(i),
                },
                progress,
                cancellationToken).Values,
            elements));
        var growth = new ErrorGrowth([.. probes.Select(p => p.At), n], [.. factors, 1]);
        var (start, step) = Costs(trajectories, growth);
        return new TimestepTuner(model, options, tuning, reference, ends, start, step);
    }

    /// <summary>The τ of S steps with the least <see cref="ExpectedError"/>. It need not begin at T-1.</summary>
    /// <param name="steps">S, from 1 to the number of steps of the long run.</param>
    /// <exception cref="DiffusionException">S is out of range.</exception>
    public Timesteps Find(int steps) => steps >= 1 && steps <= Reference.Count
        ? Timesteps.Custom(Reference.T, [.. LeastCostPath.Find(start, step, steps).Levels.Select(i => Reference[i])])
        : throw new DiffusionException(ErrorKind.Usage, $"{steps} steps were asked for: timesteps are tuned for 1 to {Reference.Count}, the steps of the long run");

    /// <summary>
    /// The mean squared error that τ is expected to end with, as <see cref="ImageError"/> has it: the sum over its steps, each step's
    /// error grown as in the typical image, as if they were independent. A timestep between two of the long run's counts as the nearer one.
    /// </summary>
    /// <param name="tau">Any timesteps of the model's T.</param>
    public double ExpectedError(IReadOnlyList<int> tau)
    {
        ArgumentNullException.ThrowIfNull(tau);
        int[] levels = [.. tau.Select(t => Enumerable.Range(0, Reference.Count).MinBy(i => Math.Abs(Reference[i] - t))).Distinct(), Reference.Count];
        return (start[levels[0]] + levels.Zip(levels.Skip(1), (i, j) => step[i, j]).Sum()) / 4; // from -1…1 to 0…1
    }

    /// <summary>The mean squared error of τ's results against those of the long run (<see cref="ImageError"/>), on the latents that τ was not tuned on.</summary>
    /// <param name="tau">Any timesteps of the model's T.</param>
    /// <param name="progress">Told after each network call.</param>
    /// <param name="cancellationToken">Stops before the next network call, or inside it where the engine can.</param>
    /// <exception cref="DiffusionException">τ does not fit the model.</exception>
    public double MeasuredError(IReadOnlyList<int> tau, IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var rest = options.WithSeeds([.. options.Seeds!.Skip(tuning)]).WithTimesteps(tau) with { Labels = options.Labels is { } labels ? [.. labels.Skip(tuning)] : null };
        var images = model.Sample(rest, progress, cancellationToken);
        return ImageError.MeanSquared(images.Values, ends.Values.AsSpan(ends.Values.Length - images.Values.Length));
    }

    private static (double[] Start, double[,] Step) Costs(ReferenceTrajectories trajectories, ErrorGrowth growth)
    {
        var n = trajectories.End;
        var start = new double[n];
        var step = new double[n + 1, n + 1];
        for (var j = 0; j <= n; j++)
        {
            var weight = growth.At(j) * growth.At(j);
            for (var i = 0; i < j; i++)
            {
                step[i, j] = weight * trajectories.StepError(i, j);
            }

            if (j < n)
            {
                start[j] = weight * trajectories.StartError(j);
            }
        }

        return (start, step);
    }

    // Levels spread evenly over the long run, each reached from the one before.
    private static (int From, int At)[] ProbesOf(int n)
    {
        var count = Math.Min(Probes, n - 1);
        return [.. Enumerable.Range(1, count).Select(m => ((m - 1) * n / (count + 1), m * n / (count + 1)))];
    }

    private static int Stride(int n) => Math.Max(1, n / ProbeSteps);
}
