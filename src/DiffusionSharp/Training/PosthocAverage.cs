using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Training;

/// <summary>An average of any length, made of the averages that a run stored on its way (Karras et al. 2024, section 3.2).</summary>
public sealed record PosthocAverage
{
    /// <summary>The weights by name.</summary>
    public required IReadOnlyDictionary<string, HostTensor> Weights { get; init; }

    /// <summary>Where the run was.</summary>
    public required TrainingState State { get; init; }

    /// <summary>How many stored averages it is made of.</summary>
    public required int Stored { get; init; }

    /// <summary>Makes the average of a run at its newest snapshot.</summary>
    /// <param name="run">The run.</param>
    /// <param name="length">σ_rel.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DiffusionException">
    /// <see cref="ErrorKind.Usage"/>: σ_rel is outside what is supported. <see cref="ErrorKind.ModelFile"/>: the run stored no averages, or one is damaged.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static PosthocAverage Reconstruct(RunFolder run, double length, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (!PowerAverage.IsLength(length))
        {
            throw new DiffusionException(
                ErrorKind.Usage, FormattableString.Invariant($"an average of length {length}: {PowerAverage.LeastLength} to {PowerAverage.MostLength} of the run are supported"));
        }

        var config = RunConfig.Read(run.Config);
        var lengths = config.Training.PosthocLengths;
        var snapshots = run.SnapshotFolders().Select(f => (Folder: f, State: Checkpoint.ReadPosition(f))).ToList();
        if (lengths.Count == 0 || snapshots.Count == 0)
        {
            throw new DiffusionException(
                ErrorKind.ModelFile, $"{run.Root} stored no averages that others could be made of: train with lengths of post-hoc EMA (0.05,0.1 are usual) from the start");
        }

        var stored = snapshots.SelectMany(s => lengths.Select(l => (s.Folder, Part: Checkpoint.Power(l), Update: (double)s.State.Step, Exponent: PowerAverage.Exponent(l)))).ToList();
        var last = snapshots[^1].State;
        var coefficients = PowerAverage.Coefficients([.. stored.Select(s => (s.Update, s.Exponent))], last.Step, PowerAverage.Exponent(length));
        var sums = new Dictionary<string, (int[] Shape, double[] Values)>();
        foreach (var (average, coefficient) in stored.Zip(coefficients))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Checkpoint.Verify(average.Folder, average.Part);
            Add(sums, RunSetup.ReadPart(average.Folder, average.Part), coefficient);
        }

        return new PosthocAverage
        {
            Weights = RunSetup.NetworkWeights(sums.ToDictionary(s => s.Key, s => new HostTensor(s.Value.Shape, Array.ConvertAll(s.Value.Values, v => (float)v))), config.Network.Build()),
            State = last,
            Stored = stored.Count,
        };
    }

    private static void Add(Dictionary<string, (int[] Shape, double[] Values)> sums, Dictionary<string, HostTensor> average, double coefficient)
    {
        foreach (var (name, tensor) in average)
        {
            if (!sums.TryGetValue(name, out var sum))
            {
                sums[name] = sum = ([.. tensor.Shape], new double[tensor.Data.Length]);
            }

            for (var i = 0; i < sum.Values.Length; i++)
            {
                sum.Values[i] += coefficient * tensor.Data[i];
            }
        }
    }
}
