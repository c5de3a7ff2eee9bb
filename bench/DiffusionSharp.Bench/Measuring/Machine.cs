using System.Globalization;
using System.Runtime.InteropServices;
using DiffusionSharp.Torch.Native;
using TorchSharp;

namespace DiffusionSharp.Bench.Measuring;

/// <summary>What the numbers were measured on.</summary>
internal sealed record Machine(string Cpu, int Cores, int TorchThreads, string Runtime, string Libtorch, string System, double? LoadBefore)
{
    public static Machine Read()
    {
        TorchNative.EnsureLoaded();
        return new Machine(
            CpuName(),
            Environment.ProcessorCount,
            torch.get_num_threads(),
            RuntimeInformation.FrameworkDescription,
            torch.__version__,
            $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}",
            Load());
    }

    public override string ToString() =>
        FormattableString.Invariant($"{Cpu}, {Cores} cores, {TorchThreads} torch threads; {Runtime}, libtorch {Libtorch}; {System}")
        + (LoadBefore is { } load ? FormattableString.Invariant($"; load before {load:0.00}") : string.Empty);

    private static string CpuName()
    {
        const string info = "/proc/cpuinfo";
        var line = File.Exists(info) ? File.ReadLines(info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? "unknown processor";
    }

    // What else the machine was doing: numbers of a busy one say little.
    private static double? Load() => File.Exists("/proc/loadavg")
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : null;
}
