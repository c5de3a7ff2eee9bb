namespace DiffusionSharp.Cpu.Execution;

/// <summary>
/// The caller's thread and a few of its own that share out the items of a loop. They wait for the next loop awake, as the loops of a
/// network follow each other within microseconds, and fall asleep when none comes. Starting a loop allocates nothing. Each thread begins with
/// its own part of the items, the same of every loop, so that it finds in its cache what it wrote there; then it helps the others.
/// </summary>
internal sealed class Team : IDisposable
{
    // Some hundreds of microseconds awake: longer than the gaps between a network's loops, shorter than those between its calls.
    private const int SpinsBeforeSleep = 2000;

    // Two cache lines: processors fetch them in pairs.
    private const int StateLongs = 16;

    private readonly Thread[] threads;
    private readonly object sleeping = new();
    private Action<int, int>? body;
    private int count;
    private int unfinished;
    private int sleepers;
    private volatile bool ended;
    private volatile Exception? failure;

    // For each thread's part, the loop's number, then how many items nobody has taken: who takes one has taken it from this loop and from no other.
    private readonly long[] states;
    private volatile int loop;

    public Team(int size)
    {
        Size = size;
        states = new long[(size + 1) * StateLongs];
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

        (body, count, unfinished) = (action, items, items);
        for (var part = 0; part < Size; part++)
        {
            Volatile.Write(ref StateOf(part), ((long)(loop + 1) << 32) + End(part) - End(part - 1));
        }

        Interlocked.Increment(ref loop);
        if (Volatile.Read(ref sleepers) > 0)
        {
            lock (sleeping)
            {
                Monitor.PulseAll(sleeping);
            }
        }

        TakeItems(0);

        // For items that were taken, not for threads: one that did not wake in time is not missed.
        for (var spins = 0; Volatile.Read(ref unfinished) > 0; spins++)
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

    private ref long StateOf(int part) => ref states[(part + 1) * StateLongs];

    private int End(int part) => (int)((long)(part + 1) * count / Size);

    private void TakeItems(int worker)
    {
        var done = 0;
        for (var other = 0; other < Size; other++)
        {
            var part = (worker + other) % Size;
            while (Take(part) is >= 0 and var item)
            {
                try
                {
                    body!(worker, item);
                }
                catch (Exception e)
                {
                    failure = e;
                }

                done++;
            }
        }

        Interlocked.Add(ref unfinished, -done);
    }

    // The next item of a part, or -1.
    private int Take(int part)
    {
        ref var state = ref StateOf(part);
        for (var seen = Volatile.Read(ref state); (int)seen > 0;)
        {
            var before = Interlocked.CompareExchange(ref state, seen - 1, seen);
            if (before == seen)
            {
                return End(part) - (int)seen;
            }

            seen = before;
        }

        return -1;
    }

    private void Work(int worker)
    {
        for (var seen = 0; !ended;)
        {
            seen = WaitForLoop(seen);
            TakeItems(worker);
        }
    }

    // The number of the loop that runs now.
    private int WaitForLoop(int seen)
    {
        for (var spins = 0; spins < SpinsBeforeSleep; spins++)
        {
            if (ended || loop != seen)
            {
                return loop;
            }

            Thread.SpinWait(8);
        }

        lock (sleeping)
        {
            Interlocked.Increment(ref sleepers);
            while (!ended && loop == seen)
            {
                Monitor.Wait(sleeping);
            }

            Interlocked.Decrement(ref sleepers);
        }

        return loop;
    }
}
