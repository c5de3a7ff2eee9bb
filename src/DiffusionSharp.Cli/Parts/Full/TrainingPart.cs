using System.Runtime.CompilerServices;
using DiffusionSharp.Cli.Runs;
using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Data;
using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Native;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cli.Parts;

/// <summary>Training, which takes TorchSharp. Nothing is inlined: a method that names TorchSharp loads it.</summary>
internal static class TrainingPart
{
    /// <summary>Throws where this build has no training.</summary>
    public static void Require()
    {
    }

    /// <summary>Why this machine cannot train, or null; libtorch is loaded and checked for it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string? Problem() => TorchNative.Problem;

    /// <summary>Trains until the run's end or until it is asked to stop; exports the model at the end.</summary>
    /// <param name="host">Shows the progress.</param>
    /// <param name="run">The run.</param>
    /// <param name="args">The command, for the run's log.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="data">The training images.</param>
    /// <param name="validation">Images for validation; null takes those of <paramref name="data"/>.</param>
    /// <param name="initial">Weights to begin with; null draws them.</param>
    /// <param name="allowChanges">Whether a changed configuration is accepted on resume.</param>
    /// <returns>Where the run stands; null when it was interrupted.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TrainingState? Train(
        CliHost host, RunFolder run, IReadOnlyList<string> args, RunConfig config, IBatchSource data,
        IBatchSource? validation = null, Func<ParameterSpec, HostTensor>? initial = null, bool allowChanges = false)
    {
        using var trainer = Trainer.Open(run.Root, config, data, validation, initial, allowChanges, host.Clock);
        TorchPart.TellNote(host);
        CommandLog.Append(run.Root, args);
        return TrainingSession.Run(host, trainer, run) == TrainingOutcome.Interrupted ? null : trainer.State;
    }

    /// <summary>Does two updates in a folder that is deleted again.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static DryRun DryRun(CliHost host, RunConfig config, IBatchSource data, Func<ParameterSpec, HostTensor>? initial)
    {
        var scratch = Directory.CreateTempSubdirectory("ddim-dry-run-");
        try
        {
            using var trainer = Trainer.Open(scratch.FullName, config, data, initialWeights: initial, clock: host.Clock);
            TorchPart.TellNote(host);
            var (seconds, memory) = trainer.DryRun();
            return Runs.DryRun.Of(trainer.Graph, trainer.Config.Training, seconds, memory);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }
}
