using DiffusionSharp.Cli.Runs;
using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Data;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cli.Parts;

/// <summary>Stands for training in a build without it.</summary>
internal static class TrainingPart
{
    public static void Require() => throw Absent();

    public static string? Problem() => Absent().Message;

    public static TrainingState? Train(
        CliHost host, RunFolder run, IReadOnlyList<string> args, RunConfig config, IBatchSource data,
        IBatchSource? validation = null, Func<ParameterSpec, HostTensor>? initial = null, bool allowChanges = false) => throw Absent();

    public static DryRun DryRun(CliHost host, RunConfig config, IBatchSource data, Func<ParameterSpec, HostTensor>? initial) => throw Absent();

    private static DiffusionException Absent() => new(
        ErrorKind.Device,
        "this build has no training, which needs libtorch: train with the ordinary build of ddim, and sample the run with either (ddim demo --sampling-only works here)");
}
