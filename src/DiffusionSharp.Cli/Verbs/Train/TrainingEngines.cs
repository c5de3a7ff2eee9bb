using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>What a run can be trained on.</summary>
internal static class TrainingEngines
{
    /// <summary>What a new run is trained on when nothing says it.</summary>
    public const string Default = EngineNames.Managed;

    /// <summary>The engine of a name; a native library is loaded only when it makes a network.</summary>
    /// <exception cref="DiffusionException">The name is unknown (<see cref="ErrorKind.Configuration"/>), or this build has no such engine (<see cref="ErrorKind.Device"/>).</exception>
    public static TrainingEngine Get(string name) => name switch
    {
        EngineNames.Managed => CpuTraining.Engine,
        EngineNames.Libtorch => TorchPart.Training(),
        _ => throw new DiffusionException(
            ErrorKind.Configuration, $"the run's engine '{name}' is unknown; {EngineNames.Managed} and {EngineNames.Libtorch} are known, and --engine with --allow-changes takes another"),
    };
}
