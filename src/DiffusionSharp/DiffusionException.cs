namespace DiffusionSharp;

/// <summary>
/// The one exception type for everything a user can cause or act on. Its message names the file or option,
/// what was found, what was expected and what to do next.
/// </summary>
public sealed class DiffusionException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="kind">The kind of error.</param>
    /// <param name="message">What happened, where, what was found and what to do.</param>
    /// <param name="inner">The cause, if there is one.</param>
    public DiffusionException(ErrorKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>The kind of error.</summary>
    public ErrorKind Kind { get; }
}
