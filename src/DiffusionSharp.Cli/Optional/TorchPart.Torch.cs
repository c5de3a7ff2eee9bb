using System.Runtime.CompilerServices;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Torch.Checks;
using DiffusionSharp.Torch.Native;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;
using TorchSharp;

namespace DiffusionSharp.Cli.Optional;

/// <summary>libtorch, for sampling and for training. Nothing is inlined: a method that names TorchSharp loads it.</summary>
internal static class TorchPart
{
    /// <summary>Whether this build has it.</summary>
    public static bool IsThere => true;

    /// <summary>Threads in use.</summary>
    public static int Threads
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        get => torch.get_num_threads();
    }

    /// <summary>The engine; loading the library begins here.</summary>
    /// <param name="host">Told what was changed in this process.</param>
    /// <param name="device">The device's name.</param>
    /// <param name="threads">Threads of a network call; 0 takes all cores.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Engine Open(CliHost host, string device, int threads)
    {
        TorchDevice.RequireName(device);
        TorchNative.EnsureLoaded();
        TellNote(host);
        if (threads > 0)
        {
            torch.set_num_threads(threads);
        }

        return TorchEngine.With(new TorchOptions { Device = device });
    }

    /// <summary>What trains on it; the library is loaded when a network is made.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TrainingEngine Training() => TorchTrainingEngine.Engine;

    /// <summary>Says what had to be changed in this process for the library.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void TellNote(CliHost host)
    {
        if (TorchNative.Note is { } note)
        {
            host.Error.WriteLine($"note: {note}");
        }
    }

    /// <summary>Name and version.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string Version() => $"libtorch {torch.__version__}";

    /// <summary>What <c>ddim doctor</c> says of it.</summary>
    /// <returns>The findings, and what is wrong with it.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static (IReadOnlyList<KeyValuePair<string, string>> Findings, string? Error) Examine()
    {
        var status = TorchHealth.Status;
        return (
            [
                KeyValuePair.Create("libtorch", status.Loaded ? $"{status.LibTorchVersion}, {torch.get_num_threads()} threads" : "NOT LOADED"),
                KeyValuePair.Create("native library", status.Library ?? "not found"),
                KeyValuePair.Create("loading", $"{(status.Patched ? "private copy: " : "")}{status.Reason}"),
                KeyValuePair.Create("convolutions", Convolutions(status)),
                KeyValuePair.Create("cuda", status.CudaAvailable ? $"{torch.cuda.device_count()} device(s)" : "none (use --device cpu)"),
            ],
            status.Error);

        static string Convolutions(TorchNativeStatus status) =>
            !status.Loaded ? "not checked"
            : status.Error is not null ? "WRONG"
            : FormattableString.Invariant($"agree with plain C# (compared in {status.CheckMilliseconds:F0} ms)") + (status.Note is { } note ? $"; {note}" : "");
    }
}
