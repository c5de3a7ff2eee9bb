using System.CommandLine;
using DiffusionSharp.Cli.Inspection;
using DiffusionSharp.Models;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Torch.Native;
using TorchSharp;

namespace DiffusionSharp.Cli.Options;

/// <summary>Where a network runs.</summary>
internal sealed class EngineOptions
{
    private const int MostThreads = 1024;

    private const string DefaultDevice = "cpu";

    public Option<string?> Device { get; } = new("--device");

    public Option<int> Threads { get; } = Parse.Number<int>("--threads");

    public Option<int> Batch { get; } = Parse.Number<int>("--batch");

    public IEnumerable<Option> All => [Device, Threads, Batch];

    /// <summary>Images in one network call.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="usual">How many when nothing says so.</param>
    public int BatchSize(ParseResult r, int usual = 16) => r.Or(Batch, usual) is >= 1 and var batch
        ? batch
        : throw new DiffusionException(
            ErrorKind.Usage,
            $"--batch: found {r.GetValue(Batch)}; at least 1 image goes through the network at once");

    /// <summary>Threads in use.</summary>
    public static int ThreadCount => torch.get_num_threads();

    /// <summary>What decides how the network's sums are rounded, besides batch and threads.</summary>
    public string Describe(ParseResult r) => Describe(r.GetValue(Device) ?? DefaultDevice);

    /// <summary>What decides how the network's sums are rounded, besides batch and threads.</summary>
    /// <param name="device">The device's name.</param>
    public static string Describe(string device = DefaultDevice) => $"libtorch {torch.__version__} on {device}, {Processor.Simd()}";

    /// <summary>The engine; loading its library begins here.</summary>
    public Engine Open(ParseResult r)
    {
        var threads = r.Or(Threads, 0);
        if (threads is < 0 or > MostThreads)
        {
            throw new DiffusionException(ErrorKind.Usage, $"--threads: found {threads}; give a number up to {MostThreads}, or 0 for all cores");
        }

        TorchNative.EnsureLoaded();
        if (threads > 0)
        {
            torch.set_num_threads(threads);
        }

        return TorchEngine.With(new TorchOptions { Device = r.GetValue(Device) ?? DefaultDevice });
    }
}
