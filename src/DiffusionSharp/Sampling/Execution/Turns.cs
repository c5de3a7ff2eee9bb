using System.Diagnostics.CodeAnalysis;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>Work that is done one piece after the other, first come, first served; who waits for a turn holds no thread.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing to free.")]
internal sealed class Turns
{
    private readonly SemaphoreSlim turn = new(1, 1);

    /// <summary>Does a piece of work on a thread of the pool when its turn comes.</summary>
    public async Task<T> Take<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(work, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }
}
