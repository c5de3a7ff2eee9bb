using DiffusionSharp.Data;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// Consecutive batches of a source, the next one always being read on a background thread while the last one is in use.
/// Two buffers take turns: a batch is valid until <see cref="Next"/> is called again. For one consumer.
/// </summary>
public sealed class PrefetchingBatches : IDisposable
{
    private readonly IBatchSource source;
    private readonly PixelBatch[] buffers;
    private Task<PixelBatch> ahead;
    private int turn;
    private bool disposed;

    /// <summary>Begins to read the first batch.</summary>
    /// <param name="source">Where the images come from; it stays the caller's.</param>
    /// <param name="position">Images seen before, from 0.</param>
    /// <param name="batchSize">Images in a batch.</param>
    public PrefetchingBatches(IBatchSource source, long position, int batchSize)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        this.source = source;
        buffers = [Buffer(), Buffer()];
        ahead = Start(position);

        PixelBatch Buffer() => new(0, new byte[checked(batchSize * source.Shape.Elements)], new int[batchSize]);
    }

    /// <summary>The next batch; what went wrong while it was read is thrown here, and again at every later call.</summary>
    /// <param name="cancellation">Stops the waiting, not the reading.</param>
    public PixelBatch Next(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (!ahead.IsCompleted)
        {
            Task.WaitAny([ahead], cancellation);
        }

        var batch = ahead.GetAwaiter().GetResult();
        ahead = Start(batch.Position + batch.Labels.Length);
        return batch;
    }

    /// <summary>Waits for the batch being read and drops it.</summary>
    public void Dispose()
    {
        if (!disposed)
        {
            disposed = true;
            Task.WaitAny(ahead);
        }
    }

    private Task<PixelBatch> Start(long position)
    {
        var batch = buffers[turn] with { Position = position };
        turn ^= 1;
        return Task.Run(() =>
        {
            source.Read(position, batch.Pixels, batch.Labels);
            return batch;
        });
    }
}
