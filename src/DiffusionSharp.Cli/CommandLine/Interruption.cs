using System.Runtime.InteropServices;

namespace DiffusionSharp.Cli.CommandLine;

/// <summary>SIGINT and SIGTERM: the first one asks to stop, a second one ends the process at once.</summary>
public sealed partial class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly List<PosixSignalRegistration> registrations = [];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>128 plus the signal's number; 130 before any.</summary>
    public int ExitCode { get; private set; } = 130;

    /// <summary>Listens to the process's signals.</summary>
    /// <param name="heard">Called when the first one comes, before anything stops.</param>
    public static Interruption FromSignals(Action heard)
    {
        var interruption = new Interruption();
        interruption.Listen(PosixSignal.SIGINT, 130, heard);
        interruption.Listen(PosixSignal.SIGTERM, 143, heard);
        return interruption;
    }

    /// <summary>Asks to stop.</summary>
    /// <param name="exitCode">What the command returns.</param>
    public void Raise(int exitCode)
    {
        ExitCode = exitCode;
        source.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        registrations.ForEach(r => r.Dispose());
        source.Dispose();
    }

    private void Listen(PosixSignal signal, int exitCode, Action heard) => registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (source.IsCancellationRequested)
        {
            ExitAtOnce(exitCode);
        }

        heard();
        Raise(exitCode);
    }));

    // An orderly exit would run libtorch's destructors under its own working threads, which crashes.
    private static void ExitAtOnce(int exitCode)
    {
        if (OperatingSystem.IsWindows())
        {
            Environment.Exit(exitCode);
        }

        UnixExit(exitCode);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void UnixExit(int exitCode);
}
