namespace DiffusionSharp.Cli.CommandLine;

/// <summary>Everything the command touches outside its files, so that tests can give it other things.</summary>
public sealed record CliHost
{
    /// <summary>Receives results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Receives progress and errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether progress goes to a terminal, where a line can be drawn over.</summary>
    public bool Interactive { get; init; }

    /// <summary>Width of that terminal.</summary>
    public int Width { get; init; } = 120;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = _ => null;

    /// <summary>The folder of the program, which holds the bundled model.</summary>
    public string ProgramFolder { get; init; } = AppContext.BaseDirectory;

    /// <summary>Asked-for ends: Ctrl-C and SIGTERM.</summary>
    public Interruption Interruption { get; init; } = new();

    /// <summary>Says nothing and reads nothing.</summary>
    internal static CliHost Silent { get; } = new() { Out = TextWriter.Null, Error = TextWriter.Null };

    /// <summary>The real thing.</summary>
    public static CliHost Process()
    {
        var interactive = !Console.IsErrorRedirected && System.Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb")
            && string.IsNullOrEmpty(System.Environment.GetEnvironmentVariable("NO_COLOR"));
        var error = Console.IsErrorRedirected ? Utf8(Console.OpenStandardError()) : Console.Error;
        return new()
        {
            Out = Console.IsOutputRedirected ? Utf8(Console.OpenStandardOutput()) : Console.Out,
            Error = error,
            Interactive = interactive,
            Width = Console.IsErrorRedirected ? 120 : Math.Max(40, Console.WindowWidth),
            Environment = System.Environment.GetEnvironmentVariable,
            Interruption = Interruption.FromSignals(() => error.WriteLine(
                (interactive ? "\r\e[2K" : "") + "stopping: finishing what is at hand and saving; Ctrl-C again quits at once")),
        };
    }

    // A file or a program gets UTF-8 everywhere. Windows would write it in the console's code page, where × is another byte or none; and to set that
    // page changes the console of whoever called.
    private static TextWriter Utf8(Stream stream) => TextWriter.Synchronized(new StreamWriter(stream) { AutoFlush = true });
}
