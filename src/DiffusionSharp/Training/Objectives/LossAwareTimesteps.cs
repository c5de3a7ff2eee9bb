namespace DiffusionSharp.Training.Objectives;

/// <summary>
/// The distribution of t of each update of a run. The batch of update k is made while update k-1 runs, so it knows the losses up to update k-2,
/// on every session: a checkpoint holds the history that the next batch is made of, and the last update's losses, which are yet to be added.
/// </summary>
internal sealed class LossAwareTimesteps
{
    private const string Losses = "losses", Counts = "counts", LastTimesteps = "last.timesteps", LastLosses = "last.losses";

    private readonly TimestepTable?[] turns = new TimestepTable?[2];
    private readonly LossHistory history;
    private int[] lastTimesteps = [];
    private float[] lastLosses = [];

    public LossAwareTimesteps(int T) => history = new LossHistory(T);

    private LossAwareTimesteps(LossHistory history, int[] lastTimesteps, float[] lastLosses) =>
        (this.history, this.lastTimesteps, this.lastLosses) = (history, lastTimesteps, lastLosses);

    /// <summary>Goes on from a checkpoint, or begins anew where T is another; null when the checkpoint contradicts itself.</summary>
    /// <param name="T">Number of timesteps.</param>
    /// <param name="saved">As <see cref="Export"/> gave them.</param>
    public static LossAwareTimesteps? Resume(int T, IReadOnlyDictionary<string, HostTensor> saved)
    {
        if (!(saved.TryGetValue(Losses, out var losses) && saved.TryGetValue(Counts, out var counts) && losses.Data.Length == counts.Data.Length * LossHistory.Length
            && saved.TryGetValue(LastTimesteps, out var t) && saved.TryGetValue(LastLosses, out var last) && t.Data.Length == last.Data.Length
            && counts.Data.All(c => c is >= 0 and <= LossHistory.Length) && t.Data.All(v => v >= 0 && v < counts.Data.Length)))
        {
            return null;
        }

        return counts.Data.Length != T
            ? new LossAwareTimesteps(T)
            : new LossAwareTimesteps(new LossHistory(losses.Data, Whole(counts)), Whole(t), last.Data);

        static int[] Whole(HostTensor values) => [.. values.Data.Select(v => (int)v)];
    }

    /// <summary>The distribution that an update's batch is drawn from; null is uniform.</summary>
    /// <param name="step">The update; of it <see cref="Prepare"/> was told.</param>
    public TimestepTable? For(long step) => turns[step % 2];

    /// <summary>Fixes the distribution of the first update of a session, before its batch is made.</summary>
    /// <param name="step">The update.</param>
    public void Begin(long step) => turns[step % 2] = history.Table();

    /// <summary>Fixes the distribution of an update, before its batch is made and the update before it is done.</summary>
    /// <param name="step">The update.</param>
    public void Prepare(long step)
    {
        history.Add(lastTimesteps, lastLosses);
        (lastTimesteps, lastLosses) = ([], []);
        turns[step % 2] = history.Table();
    }

    /// <summary>Notes the losses of an update that was done.</summary>
    /// <param name="batch">Its batch; the weights that its t were drawn with are taken out.</param>
    public void Note(TrainingBatch batch)
    {
        lastTimesteps = [.. batch.Timesteps.Select(t => (int)t)];
        lastLosses = [.. batch.Losses.Zip(batch.ImportanceWeights, (loss, weight) => (float)(loss / weight))];
    }

    /// <summary>What a checkpoint holds.</summary>
    public IReadOnlyDictionary<string, HostTensor> Export() => new Dictionary<string, HostTensor>
    {
        [Losses] = new([history.Counts.Length, LossHistory.Length], history.Losses),
        [Counts] = new([history.Counts.Length], [.. history.Counts.Select(c => (float)c)]),
        [LastTimesteps] = new([lastTimesteps.Length], [.. lastTimesteps.Select(t => (float)t)]),
        [LastLosses] = new([lastLosses.Length], lastLosses),
    };
}
