using System.CommandLine;
using DiffusionSharp.Cli.Commands;

namespace DiffusionSharp.Cli;

/// <summary>The <c>ddim</c> command.</summary>
public static class Cli
{
    /// <summary>Runs the command.</summary>
    /// <param name="args">The words after <c>ddim</c>.</param>
    /// <param name="host">Console, clock, environment and signals.</param>
    /// <returns>The exit code: 0, an <see cref="ErrorKind"/>, or 130/143 after a signal.</returns>
    public static int Run(IReadOnlyList<string> args, CliHost host)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(host);
        var verbose = args.Contains("--verbose");
        try
        {
            var root = new RootCommand { TrainCommand.Create(host, args) };
            var result = root.Parse(args);
            if (result.Errors.Count > 0)
            {
                throw new DiffusionException(ErrorKind.Usage, result.Errors[0].Message);
            }

            return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = host.Out, Error = host.Error });
        }
        catch (OperationCanceledException) when (host.Interruption.Token.IsCancellationRequested)
        {
            host.Error.WriteLine("ddim: stopped");
            return host.Interruption.ExitCode;
        }
        catch (DiffusionException e)
        {
            host.Error.WriteLine($"ddim: {(verbose ? e.ToString() : e.Message)}");
            return (int)e.Kind;
        }
        catch (Exception e)
        {
            host.Error.WriteLine(verbose ? $"ddim: {e}" : $"ddim: unexpected error: {e.Message} ({e.GetType().Name}); run again with --verbose for the details");
            return (int)ErrorKind.Unexpected;
        }
    }
}
