using System.Diagnostics;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Tests.Kit;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>A run that is asked to stop.</summary>
public sealed class TrainSignalTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();
    private readonly TinyTraining tiny;

    public TrainSignalTests() => tiny = new TinyTraining(scratch);

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData(130)]
    [InlineData(143)]
    public void Interruption_saves_and_says_how_to_go_on(int code)
    {
        using var interruption = new Interruption();
        var lines = 0;
        var interrupted = new Ddim { Clock = new SteppingClock(), Interruption = interruption, OnErrorLine = Raise };

        var (exit, _, error) = interrupted.Run([.. tiny.Endless, "--steps", "1000"]);

        Assert.Equal(code, exit);
        Assert.Contains($"go on with: ddim train --out {tiny.Run}", error, StringComparison.Ordinal);
        Assert.InRange(tiny.Images(), 2, 100);
        Assert.Equal(2000, (int)ddim.Json("inspect", tiny.Run)["training"]!["totalImages"]!);

        void Raise()
        {
            if (++lines == 6)
            {
                interruption.Raise(code);
            }
        }
    }

    [Fact]
    public void Signal_ends_the_process_with_its_code()
    {
        using var process = Start();
        Terminate(process);

        Assert.True(process.WaitForExit(60_000), "the process goes on");
        Assert.Equal(143, process.ExitCode);
        var said = process.StandardError.ReadToEnd();
        Assert.Contains("Ctrl-C again quits at once", said, StringComparison.Ordinal);
        Assert.Contains("stopped and saved", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Second_signal_ends_it_at_once()
    {
        // One update takes minutes here.
        using var process = Start("--batch", "65536", "--micro-batch", "64");
        Terminate(process);
        Terminate(process);

        Assert.True(process.WaitForExit(60_000), "the process goes on");
        Assert.Equal(143, process.ExitCode);
        Assert.DoesNotContain("stopped and saved", process.StandardError.ReadToEnd(), StringComparison.Ordinal);
    }

    private Process Start(params string[] more)
    {
        string[] network = ["--channels", "8", "--multipliers", "1", "--layers", "1", "--groups", "4"];
        var process = Process.Start(new ProcessStartInfo("dotnet", [
            Path.Combine(AppContext.BaseDirectory, "ddim.dll"), "train", "builtin:shapes", "--out", tiny.Run, "--size", "16", "--duration", "10m", "--threads", "1", .. network, .. more])
        {
            RedirectStandardError = true,
        })!;
        for (var patience = 0; !File.Exists(Path.Combine(tiny.Run, "latest")) && !process.HasExited && patience < 600; patience++)
        {
            Thread.Sleep(100);
        }

        return process;
    }

    private static void Terminate(Process process)
    {
        using var kill = Process.Start("sh", ["-c", FormattableString.Invariant($"kill -TERM {process.Id}")]);
        kill.WaitForExit();
        Thread.Sleep(200);
    }
}
