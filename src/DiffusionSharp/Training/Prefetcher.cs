namespace DiffusionSharp.Training;

/// <summary>Computes item k+1 on a background thread while item k is being used. For one consumer.</summary>
/// <typeparam name="T">The item.</typeparam>
internal sealed class Prefetcher<T> : IDisposable
{
    private readonly Func<long, T> make;
    private long index;
    private Task<T> next;

    /// <summary>Starts with the first item.</summary>
    /// <param name="first">Index of the first item.</param>
    /// <param name="make">Makes item k; a pure function of k.</param>
    public Prefetcher(long first, Func<long, T> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        this.make = make;
        index = first;
        next = Start(first);
    }

    /// <summary>Returns the next item and starts on the one after it. An error of the maker surfaces here, at every call from then on.</summary>
    public T Next()
    {
        var item = next.GetAwaiter().GetResult();
        next = Start(++index);
        return item;
    }

    /// <summary>Waits for the item being made and drops it, so that nothing reads the maker's source any more.</summary>
    public void Dispose() => Task.WaitAny(next);

    private Task<T> Start(long k) => Task.Factory.StartNew(() => make(k), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
