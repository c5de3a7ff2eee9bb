using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;

namespace DiffusionSharp.Cli.Optional;

/// <summary>Stands for libtorch in a build without it.</summary>
internal static class TorchPart
{
    /// <summary>Whether this build has it.</summary>
    public static bool IsThere => false;

    public static int Threads => throw Absent();

    public static Engine Open(CliHost host, string device, int threads) => throw Absent();

    public static TrainingEngine Training() => throw Absent();

    public static void TellNote(CliHost host)
    {
    }

    public static string Version() => throw Absent();

    public static (IReadOnlyList<KeyValuePair<string, string>> Findings, string? Error) Examine() =>
        ([], null);

    private static DiffusionException Absent() => new(
        ErrorKind.Device,
        "this build has no libtorch, which --engine torch and --device cuda need: say --engine cpu and --device cpu, or build ddim with -p:TorchBackend=cpu or =cuda");
}
