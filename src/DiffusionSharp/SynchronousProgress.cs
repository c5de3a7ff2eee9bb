namespace DiffusionSharp;

/// <summary>
/// Progress that is told on the thread that reports it, in order, before the work goes on. .NET's own <see cref="Progress{T}"/> posts each report to
/// the context it was made in or, where there is none as in a console program, to threads of the pool, where the last may overtake the one before.
/// </summary>
/// <typeparam name="T">What is reported.</typeparam>
/// <param name="handler">Is told; what it throws ends the work.</param>
public sealed class SynchronousProgress<T>(Action<T> handler) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => handler(value);
}
