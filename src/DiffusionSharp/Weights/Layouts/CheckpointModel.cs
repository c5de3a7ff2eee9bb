using DiffusionSharp.Networks;

namespace DiffusionSharp.Weights;

/// <summary>A network that was recognised in a file of tensors.</summary>
/// <param name="Network">Its options.</param>
/// <param name="Scheduler">Its schedule and how it is sampled.</param>
/// <param name="Layout">By whose names its parameters are stored.</param>
/// <param name="Prefix">What precedes those names in the file.</param>
/// <param name="Notes">What was assumed, in sentences.</param>
internal sealed record CheckpointModel(NetworkConfig Network, SchedulerConfig Scheduler, WeightsLayout Layout, string Prefix, IReadOnlyList<string> Notes);
