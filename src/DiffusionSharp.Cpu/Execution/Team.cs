namespace DiffusionSharp.Cpu.Execution;

/// <summary>
/// The caller's thread and a few of its own that share out the items of a loop. They wait for the next loop awake, as the loops of a
/// network follow each other within microseconds, and fall asleep when none comes. Starting a loop allocates nothing.
/// </summary>
internal sealed class Team : IDisposable
{
    // About 50 µs awake: longer than the gaps between a network's loops, shorter than those between its calls.
    private const int SpinsBeforeSleep = 2000;

    private readonly Thread[] threads;
    private readonly object sleeping = new();
    private Action<int, int>? body;
    private int count;
    private int next;
    private int busy;
    private int sleepers;
    private volatile int loop;
    private volatile bool ended;
    private volatile Exception? failure;

    public Team(int size)
    {
        Size = size;
        threads = new Thread[size - 1];
        for (var i = 0; i < threads.Length; i++)
        {
            var worker = i + 1;
            threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"network {worker}" };
            threads[i].Start();
        }
    }

    /// <summary>Threads, the caller's included.</summary>
    public int Size { get; }

    /// <summary>Calls body(worker, item) once for each item, in any order, and returns when all are done.</summary>
    public void For(int items, Action<int, int> action)
    {
        if (threads.Length == 0 || items <= 1)
        {
            for (var i = 0; i < items; i++)
            {
                action(0, i);
            }

            return;
        }

        (body, count, next) = (action, items, 0);
        Volatile.Write(ref busy, threads.Length);
        loop++;
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref sleepers) > 0)
        {
            lock (sleeping)
            {
                Monitor.PulseAll(sleeping);
            }
        }

        TakeItems(0);
        for (var spins = 0; Volatile.Read(ref busy) > 0; spins++)
        {
            // Giving the processor away is for threads that lost theirs: what comes in may stay for milliseconds.
            if (spins < SpinsBeforeSleep)
            {
                Thread.SpinWait(8);
            }
            else
            {
                Thread.Yield();
            }
        }

        if (failure is { } e)
        {
            failure = null;
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e);
        }
    }

    public void Dispose()
    {
        ended = true;
        lock (sleeping)
        {
            Monitor.PulseAll(sleeping);
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }
    }

    private void TakeItems(int worker)
    {
        try
        {
            for (var item = Interlocked.Increment(ref next) - 1; item < count; item = Interlocked.Increment(ref next) - 1)
            {
                body!(worker, item);
            }
        }
        catch (Exception e)
        {
            failure = e;
        }
    }

    private void Work(int worker)
    {
        for (var seen = 0; ;)
        {
            WaitForLoop(seen);
            if (ended)
            {
                return;
            }

            seen = loop;
            TakeItems(worker);
            Interlocked.Decrement(ref busy);
        }
    }

    private void WaitForLoop(int seen)
    {
        for (var spins = 0; spins < SpinsBeforeSleep; spins++)
        {
            if (loop != seen || ended)
            {
                return;
            }

            Thread.SpinWait(8);
        }

        lock (sleeping)
        {
            Interlocked.Increment(ref sleepers);
            while (loop == seen && !ended)
            {
                Monitor.Wait(sleeping);
            }

            Interlocked.Decrement(ref sleepers);
        }
    }
}
