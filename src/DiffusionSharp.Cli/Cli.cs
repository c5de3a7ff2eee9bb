using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Output;

namespace DiffusionSharp.Cli;

/// <summary>The <c>ddim</c> command.</summary>
public static class Cli
{
    /// <summary>Runs the command.</summary>
    /// <param name="args">The words after <c>ddim</c>.</param>
    /// <param name="host">Console, clock, environment and signals.</param>
    /// <returns>The exit code: 0, that of an error's kind, or 130/143 after a signal.</returns>
    public static int Run(IReadOnlyList<string> args, CliHost host)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(host);
        try
        {
            return Dispatch(args, host);
        }
        catch (OperationCanceledException) when (host.Interruption.Token.IsCancellationRequested)
        {
            host.Error.WriteLine("ddim: stopped");
            return host.Interruption.ExitCode;
        }
        catch (DiffusionException e)
        {
            return Fail(e.Kind, e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(ErrorKind.Storage, e.Message, e);
        }
        catch (Exception e)
        {
            return Fail(ErrorKind.Unexpected, $"unexpected error: {e.Message} ({e.GetType().Name}); --verbose shows where", e);
        }

        int Fail(ErrorKind kind, string message, Exception e)
        {
            host.Error.WriteLine($"ddim: {Lines(message)}");
            if (args.Contains("--verbose"))
            {
                host.Error.WriteLine(Lines(e.ToString()));
            }

            return ExitCodes.Of(kind);
        }

        static string Lines(string text) => string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(Human.Plain));
    }

    private static int Dispatch(IReadOnlyList<string> args, CliHost host)
    {
        var wantsHelp = args.Any(a => a is "--help" or "-h" or "-?") || args is ["data"];
        if (args.Count == 0 || args[0] == "help" || (wantsHelp && args[0].StartsWith('-')))
        {
            var about = args.Skip(1).TakeWhile(a => !a.StartsWith('-')).ToArray();
            host.Out.WriteLine(args.Count > 0 && args[0] == "help" && about.Length > 0 ? VerbRow.Find(about).Verb.Help : VerbRow.Overview);
            return 0;
        }

        if (args[0] == "--version")
        {
            host.Out.WriteLine($"ddim {typeof(Cli).Assembly.GetName().Version?.ToString(3)}");
            return 0;
        }

        var (verb, words) = VerbRow.Find(args);
        if (wantsHelp)
        {
            host.Out.WriteLine(verb.Help);
            return 0;
        }

        if (verb.Draws)
        {
            FirstPicture.Prepare();
        }

        var command = verb.Create(host, args);
        var result = Settings.Parse(verb.Name, command, [.. args.Skip(words)], host.Environment);
        return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = host.Out, Error = host.Error });
    }
}
