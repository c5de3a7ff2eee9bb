using System.Diagnostics;
using System.Globalization;
using DiffusionSharp.Bench.Measuring;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Bench.UNets;

/// <summary>A subject's peak memory, measured in a process that does nothing else: opens the files and calls the network twice.</summary>
internal static class UNetMemory
{
    public const string Verb = "unet-memory";

    /// <summary>Bytes; null where it cannot be told.</summary>
    public static long? Measure(UNetSubject subject, UNetFiles files, int batch, int threads)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // Under `dotnet Bench.dll` the process is dotnet, and the program its first argument.
        var program = Environment.ProcessPath!;
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(UNetMemory).Assembly.Location] : [];
        var start = new ProcessStartInfo(program, [.. host, Verb, subject.Name, files.Folder, $"{batch}", $"{threads}"]) { RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0
            ? long.Parse(output, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"{subject.Name}: the process that measures its memory ended with exit code {child.ExitCode}");
    }

    /// <summary>The other process.</summary>
    public static int Run(string[] args)
    {
        var files = new UNetFiles(args[1]);
        var (batch, threads) = (int.Parse(args[2], CultureInfo.InvariantCulture), int.Parse(args[3], CultureInfo.InvariantCulture));
        var config = (UNetConfig)ModelSource.Open(files.Model).Network;
        var call = new UNetCall(config.InputShape, batch);
        var denoiser = UNetSubject.All.Single(s => s.Name == args[0]).Open(files, threads);
        call.Run(denoiser);
        call.Run(denoiser);
        Console.Write(ResidentMemory.Peak());
        return 0;
    }
}
