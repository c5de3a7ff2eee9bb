using System.Diagnostics;
using System.Globalization;
using DiffusionSharp.Bench.Measuring;
using DiffusionSharp.Bench.Ratios;
using DiffusionSharp.Torch.Native;

namespace DiffusionSharp.Bench.Training;

/// <summary>Memory of training in a process that does nothing else: makes the network and updates it twice.</summary>
internal static class TrainingProcess
{
    public const string Verb = "training-memory";

    /// <summary>Bytes above the weights; null where it cannot be told.</summary>
    public static long? Measure(TrainingSubject subject, string model, int batch, int threads)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // Under `dotnet Bench.dll` the process is dotnet, and the program its first argument.
        var program = Environment.ProcessPath!;
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(TrainingProcess).Assembly.Location] : [];
        var start = new ProcessStartInfo(program, [.. host, Verb, subject.Name, model, $"{batch}", $"{threads}"]) { RedirectStandardOutput = true };
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
        var subject = TrainingSubject.All.Single(s => s.Name == args[0]);
        var network = new Subject(TrainingModels.Get(args[1]).Config);
        var (count, threads) = (int.Parse(args[2], CultureInfo.InvariantCulture), int.Parse(args[3], CultureInfo.InvariantCulture));
        var batch = network.Batch(count);
        TrainingSubject.LeaveOneDnnAlone();
        if (subject.Name != TrainingSubject.Managed)
        {
            // The library itself is no memory of training.
            TorchNative.EnsureLoaded();
        }

        var rise = ResidentMemory.RiseOf(() =>
        {
            using var contender = subject.Open(network, count, threads);
            contender.Update(batch, 0);
            contender.Update(batch, 1);
        });
        Console.Write(rise - (sizeof(float) * network.Graph.ParameterCount));
        return 0;
    }
}
