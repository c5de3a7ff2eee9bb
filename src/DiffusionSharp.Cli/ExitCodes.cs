namespace DiffusionSharp.Cli;

/// <summary>
/// The exit codes of the command: 0 done, one for each kind of error, 130 and 143 when a signal stopped it. Scripts rely on the numbers, so none
/// ever changes; <c>ddim --help</c> and docs/getting-started.md list them.
/// </summary>
internal static class ExitCodes
{
    /// <summary>The exit code of an error.</summary>
    public static int Of(ErrorKind kind) => kind switch
    {
        ErrorKind.Usage => 2,
        ErrorKind.Configuration => 3,
        ErrorKind.Data => 4,
        ErrorKind.Storage => 5,
        ErrorKind.NonFinite => 6,
        ErrorKind.Device => 7,
        ErrorKind.ModelFile => 8,
        _ => 1,
    };
}
