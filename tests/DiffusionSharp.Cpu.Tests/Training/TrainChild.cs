using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>This test executable as a process that trains, so that it can be killed.</summary>
internal static class TrainChild
{
    private const string Folder = "DIFFUSIONSHARP_TEST_TRAIN_FOLDER";

    /// <summary>What the child trains with.</summary>
    public static (TrainingOptions Options, Networks.UNetConfig Network) Setup => (
        TinyRun.Options with { MicroBatch = 3, EmaDecays = [0.99, 0.9] },
        TinyRun.Network with { Dropout = 0.2 });

    /// <summary>Trains in another process and kills it (SIGKILL) as soon as it has reported an update.</summary>
    public static void TrainAndKill(string folder, long atStep)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(TrainChild).Assembly.Location);
        }

        start.Environment[Folder] = folder;
        using var process = Process.Start(start)!;
        while (process.StandardOutput.ReadLine() is { } line && line != $"step {atStep}")
        {
        }

        process.Kill();
        process.WaitForExit();
        Assert.True(process.ExitCode == 137, $"the child ended by itself with {process.ExitCode}");
    }

    [ModuleInitializer]
    internal static void TrainIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Folder) is not { } folder)
        {
            return;
        }

        var config = TinyRun.Config(Setup.Options, Setup.Network);
        using var trainer = Trainer.Open(TinyRun.Engine, folder, config, new TinyImages(config.Network.InputShape));
        trainer.Run(
            new SynchronousProgress<TrainingProgress>(p =>
            {
                Console.WriteLine($"step {p.Step}");
                Console.Out.Flush();
            }),
            cancellationToken: CancellationToken.None);
        Environment.Exit(0);
    }
}
