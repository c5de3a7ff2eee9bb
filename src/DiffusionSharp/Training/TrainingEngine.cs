using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Training;

/// <summary>What can train networks.</summary>
/// <param name="Name">As a run's config.json calls it.</param>
/// <param name="Create">Makes a network in training; each parameter's first weights are asked for once.</param>
/// <param name="Memory">
/// The processor's memory that training takes, in bytes, for a number of images sent through the network at once; null where nobody knows.
/// </param>
public sealed record TrainingEngine(
    string Name,
    Func<NetworkGraph, TrainingOptions, Func<ParameterSpec, HostTensor>, ITrainingNetwork> Create,
    Func<NetworkGraph, TrainingOptions, int, long>? Memory)
{
    /// <summary>Whose predictions its networks learn; null for the noise (or x0, or v) itself. <see cref="Training.Teacher.Teach"/> sets it.</summary>
    public Teacher? Teacher { get; internal init; }
}
